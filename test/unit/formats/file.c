/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "formats/formats_unit.h"

#include "formats/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <zlib.h>

/* A folder for the test, gone after it. */
static char folder[] = "/tmp/hustings-test-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static const char *path_of(Arena *a, const char *name)
{
    return str_format(a, "%s/%s", folder, name).ptr;
}

static const char *put(Arena *a, const char *name, Str text)
{
    const char *path = path_of(a, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text.ptr, 1, text.len, f), text.len);
    assert_int_equal(fclose(f), 0);
    return path;
}

/* One gzip member. */
static Str packed(Arena *a, Str text)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, text.len) + 64;
    unsigned char *bytes = arena_new(a, unsigned char, room);
    z.next_in = (z_const Bytef *)text.ptr;
    z.avail_in = (uInt)text.len;
    z.next_out = bytes;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    Str result = {(const char *)bytes, z.total_out};
    deflateEnd(&z);
    return result;
}

static Str joined(Arena *a, Str s, Str other)
{
    Buf b = buf_new(a);
    buf_str(&b, s);
    buf_str(&b, other);
    return buf_done(&b);
}

static Str read_with(Arena *a, const char *path, const FileOptions *options)
{
    Papers *p = papers_new(a);
    Fault fault = {0};
    Err e = file_read_papers(a, p, path, options, &fault);
    if (!e) return dump(a, p);
    /* Without the folder, which is another each time. */
    Str text = fault_text(a, &fault), start = str_format(a, "%s/", folder);
    return str_starts(text, start) ? str_slice(text, start.len, text.len) : text;
}

static Str read_path(Arena *a, const char *path)
{
    return read_with(a, path, &(FileOptions){0});
}

#define CSV "1,2\nAda,Bo\nBo,\n"
#define CSV_READ "candidates Ada, Bo; papers 1: Ada Bo, 1: Bo"

static void plain_and_packed_files(void **state)
{
    Arena *a = *state;
    Str text = S(CSV);
    assert_str(read_path(a, put(a, "p.csv", text)), CSV_READ);
    assert_str(read_path(a, put(a, "p.csv.gz", packed(a, text))), CSV_READ);
    assert_str(read_path(a, put(a, "no-ending", packed(a, text))), CSV_READ);
    assert_str(read_path(a, put(a, "p.blt.gz", packed(a, S("2 1\n1 1 0\n0\n\"A\"\n\"B\"\n")))), "seats 1; candidates A, B; papers 1: A");
    /* Several members are one text; zeros behind the last are padding. */
    Str two = joined(a, packed(a, S("1,2\nAda,B")), packed(a, S("o\nBo,\n")));
    assert_str(read_path(a, put(a, "two.csv.gz", two)), CSV_READ);
    assert_str(read_path(a, put(a, "padded.csv.gz", joined(a, two, (Str){"\0\0\0\0", 4}))), CSV_READ);
    assert_str(read_path(a, put(a, "empty.csv.gz", packed(a, S("")))),
        "empty.csv.gz:1: expected a first row that names the columns: '1,2,3' (or '1st choice,...') above names, or the candidates' names "
        "above "
        "rank numbers, found the end of the file");
}

static void damaged_packing_is_told(void **state)
{
    Arena *a = *state;
    Str whole = packed(a, S(CSV));
    Str cut = str_slice(whole, 0, whole.len - 3);
    assert_same_str(read_path(a, put(a, "cut.csv.gz", cut)),
        str_format(a, "cut.csv.gz: cannot unpack gzip: the file ends too early, after %zu bytes", cut.len));
    assert_same_str(read_path(a, put(a, "tail.csv.gz", joined(a, whole, S("and more")))),
        str_format(a, "tail.csv.gz: cannot unpack gzip at byte %zu: incorrect header check", whole.len + 2));
    assert_same_str(read_path(a, put(a, "zero.csv.gz", joined(a, whole, (Str){"\0\0x", 3}))),
        str_format(a, "zero.csv.gz: cannot unpack gzip at byte %zu: damaged data", whole.len + 2));
    char *bytes = (char *)str_copy(a, whole).ptr;
    bytes[whole.len - 5] ^= 1; /* of the checksum */
    Str got = read_path(a, put(a, "bad.csv.gz", (Str){bytes, whole.len}));
    assert_true(str_starts(got, S("bad.csv.gz: cannot unpack gzip at byte")) && str_ends(got, S(": incorrect data check")));
    /* A mistake in the text is told as in a plain file. */
    assert_str(read_path(a, put(a, "p.csv.gz", packed(a, S("1\nA\x01\n")))),
        "p.csv.gz:2:1: expected the name of a candidate in UTF-8 without control characters, found 'A\\x01'");
}

static void what_is_no_file_is_told(void **state)
{
    Arena *a = *state;
    assert_str(read_path(a, path_of(a, "none.csv")), "none.csv: cannot open: No such file or directory");
    assert_str(read_path(a, "/tmp"), "/tmp: cannot read: Is a directory");
    assert_true(str_starts(read_path(a, put(a, "empty.csv", S(""))), S("empty.csv:1: expected a first row")));
}

/* A child writes `text` into a pipe, `piece` bytes at a time; this process reads it as standard input. */
static Str read_piped(Arena *a, Str text, size_t piece)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        for (size_t at = 0; at < text.len; at += piece) {
            size_t n = text.len - at < piece ? text.len - at : piece;
            if (write(ends[1], text.ptr + at, n) != (ssize_t)n) _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    int before = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    Str got = read_path(a, "-");
    dup2(before, STDIN_FILENO);
    close(before);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return got;
}

static void standard_input(void **state)
{
    Arena *a = *state;
    assert_str(read_piped(a, S(CSV), 1), CSV_READ);
    assert_str(read_piped(a, packed(a, S(CSV)), 1), CSV_READ);
    assert_str(read_piped(a, S("1\nAda\n\"\n"), 100),
        "standard input:3:1: expected a closing quote for the one opened here, found none before the row ends");
    Buf b = buf_new(a);
    buf_str(&b, S("1,2\n"));
    for (int i = 0; i < 100000; i++) buf_str(&b, S("Ada,Bo\n"));
    assert_str(read_piped(a, buf_done(&b), 65536), "candidates Ada, Bo; papers 100000: Ada Bo");
    assert_str(read_piped(a, packed(a, buf_done(&b)), 65536), "candidates Ada, Bo; papers 100000: Ada Bo");
}

/* Standard input that is a file, and of which something was read before. */
static void standard_input_goes_on_where_it_stands(void **state)
{
    Arena *a = *state;
    int before = dup(STDIN_FILENO);
    int fd = open(put(a, "behind.csv", S("first line\n" CSV)), O_RDONLY);
    dup2(fd, STDIN_FILENO);
    close(fd);
    assert_int_equal(lseek(STDIN_FILENO, 11, SEEK_SET), 11);
    assert_str(read_path(a, "-"), CSV_READ);
    dup2(before, STDIN_FILENO);
    close(before);
}

typedef struct Told {
    int times;
    int64_t done, size;
} Told;

static void tell(void *context, int64_t done, int64_t size)
{
    Told *told = context;
    assert_true(done >= told->done);
    told->times++;
    told->done = done;
    told->size = size;
}

static void progress_is_told(void **state)
{
    Arena *a = *state;
    Buf b = buf_new(a);
    buf_str(&b, S("1,2\n"));
    for (int i = 0; i < 600000; i++) buf_str(&b, S("Ada,Bo\n"));
    for (int gzip = 0; gzip < 2; gzip++) {
        Told told = {0};
        Str text = gzip ? packed(a, buf_done(&b)) : buf_done(&b);
        FileOptions options = {.progress = tell, .progress_context = &told};
        assert_str(read_with(a, put(a, "p.csv", text), &options), "candidates Ada, Bo; papers 600000: Ada Bo");
        assert_true(told.times > 0);
        assert_int_equal(told.size, text.len);
        assert_true(told.done <= told.size);
        if (gzip) assert_int_equal(told.done, told.size);
    }
}

static Str content(Arena *a, const char *path)
{
    Str text = {0};
    Fault fault = {0};
    assert_int_equal(file_read_all(a, path, 1 << 20, &text, &fault), ERR_OK);
    return text;
}

static void small_files_are_read_whole(void **state)
{
    Arena *a = *state;
    Str text = {0};
    Fault fault = {0};
    const char *path = put(a, "rules", S("twelve bytes"));
    assert_int_equal(file_read_all(a, path, 12, &text, &fault), ERR_OK);
    assert_str(text, "twelve bytes");
    assert_int_equal(file_read_all(a, path, 11, &text, &fault), ERR_LIMIT);
    assert_str(fault.expected, "the file may have at most 11 bytes");
    assert_int_equal(file_read_all(a, put(a, "nothing", S("")), 0, &text, &fault), ERR_OK);
    assert_int_equal(text.len, 0);
    Buf much = buf_new(a);
    for (int i = 0; i <= 16 * 1024; i++) buf_byte(&much, ' ');
    assert_int_equal(file_read_all(a, put(a, "much", buf_done(&much)), 16 * 1024, &text, &fault), ERR_LIMIT);
    assert_str(fault.expected, "the file may have at most 16 KiB");
}

static void files_are_read_in_pieces(void **state)
{
    Arena *a = *state;
    Fault fault = {0};
    char bytes[8];
    size_t len = 0;
    int fd = -1;
    assert_int_equal(file_open(a, path_of(a, "not-there"), &fd, &fault), ERR_INPUT);
    assert_true(str_ends(fault.file, S("not-there")));
    assert_int_equal(file_open(a, folder, &fd, &fault), ERR_INPUT);
    close(fd);
    assert_int_equal(file_open(a, put(a, "ten", S("0123456789")), &fd, &fault), ERR_OK);
    assert_int_equal(file_read_piece(a, fd, bytes, sizeof bytes, &len, &fault), ERR_OK);
    assert_str(((Str){bytes, len}), "01234567");
    assert_int_equal(file_read_piece(a, fd, bytes, sizeof bytes, &len, &fault), ERR_OK);
    assert_str(((Str){bytes, len}), "89");
    assert_int_equal(file_read_piece(a, fd, bytes, sizeof bytes, &len, &fault), ERR_OK);
    assert_int_equal(len, 0);
    close(fd);
    assert_int_equal(file_read_piece(a, fd, bytes, sizeof bytes, &len, &fault), ERR_IO);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static int files_in_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", folder);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    int n = -1;
    assert_int_equal(fscanf(f, "%d", &n), 1);
    pclose(f);
    return n;
}

static void files_are_written_whole_or_not_at_all(void **state)
{
    Arena *a = *state;
    Fault fault = {0};
    const char *path = path_of(a, "out");
    mode_t mask = umask(022);
    assert_int_equal(file_write_all(a, path, S("one"), &fault), ERR_OK);
    assert_str(content(a, path), "one");
    assert_int_equal(mode_of(path), 0644);
    /* What is there keeps its mode, and links stay links. */
    assert_int_equal(chmod(path, 0600), 0);
    const char *link = path_of(a, "link");
    assert_int_equal(symlink("out", link), 0);
    assert_int_equal(file_write_all(a, link, S("two"), &fault), ERR_OK);
    assert_str(content(a, path), "two");
    assert_int_equal(mode_of(path), 0600);
    struct stat st;
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    umask(mask);
    int files = files_in_folder();
    assert_int_equal(file_write_all(a, path_of(a, "none/out"), S("x"), &fault), ERR_INPUT);
    assert_true(str_starts(fault.expected, S("cannot create: ")));
    assert_int_equal(files_in_folder(), files);
    /* Not by renaming over it. */
    assert_int_equal(file_write_all(a, "/dev/null", S("x"), &fault), ERR_OK);
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    assert_int_equal(file_write_all(a, "/dev/full", S("x"), &fault), ERR_IO);
    assert_str(fault.expected, "cannot write: No space left on device");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(plain_and_packed_files),
        arena_test(damaged_packing_is_told),
        arena_test(what_is_no_file_is_told),
        arena_test(standard_input),
        arena_test(standard_input_goes_on_where_it_stands),
        arena_test(progress_is_told),
        arena_test(small_files_are_read_whole),
        arena_test(files_are_read_in_pieces),
        arena_test(files_are_written_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
