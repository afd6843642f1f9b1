/* The same text gives the same answer, however it is cut: in pieces of any size, by two threads, as a whole.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "formats/formats_unit.h"

#include "formats/load.h"

static uint64_t seed = 1;

static int below(int n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (int)((seed >> 33) % (uint64_t)n);
}

static const char *one_of(const char *const *words, int count)
{
    return words[below(count)];
}

/* A CSV file of `rows` rows made of likely and unlikely cells; most are right, some have a mistake somewhere. */
static Str random_csv(Arena *a, int rows)
{
    static const char *const headers[] = {"1,2,3\n", "count,1,2,3\n", "box,section,1,2,id\n", "Ada,Bo,Cy\n", "id,1,2,3,count\n",
        "Ada,Bo,Cy\n1,2,3\n", "# title: T\n# candidates: Ada; Bo; Cy\n1,2,3\n", "Ada,Bo,Cy\nBo,Ada,Cy\nCy,,\n", "\xEF\xBB\xBF\x31;2;3\n",
        "section,1,2,box\n"};
    static const char *const cells[] = {"Ada", "Bo", "Cy", "", "undervote", "overvote", "1", "2", "3", "x", "\"Ada\"", "\"B\"\"o\"",
        "\"a\nb\"", " Cy ", "Ada=Bo", "Zo\xC3\xAB", "blank"};
    static const char *const rarely[] = {"\"", "\n", "\r", "#", "\x01", "4", "-1", "=", "\xC3", "Ada\"", "99999999999999999999"};
    Buf b = buf_new(a);
    buf_str(&b, str_from_c(one_of(headers, COUNT_OF(headers))));
    int variety = 1 + below(COUNT_OF(cells)), columns = 2 + below(4);
    for (int i = 0; i < rows; i++) {
        for (int k = 0; k < columns; k++) {
            if (k) buf_byte(&b, below(50) ? ',' : ';');
            buf_str(&b, str_from_c(below(400) ? one_of(cells, variety) : one_of(rarely, COUNT_OF(rarely))));
        }
        buf_str(&b, below(20) ? S("\n") : S("\r\n"));
    }
    return buf_done(&b);
}

static Str in_random_pieces(Arena *a, const FormatOptions *options, Str text)
{
    Papers *p = papers_new(a);
    Reader *r = reader_open(a, p, options);
    int largest = 1 + below(40);
    Err e = ERR_OK;
    while (!e && text.len) {
        size_t n = (size_t)(1 + below(largest));
        if (n > text.len) n = text.len;
        e = reader_feed(r, str_slice(text, 0, n));
        text = str_slice(text, n, text.len);
    }
    if (!e) e = reader_end(r);
    return e ? fault_text(a, reader_fault(r)) : dump(a, p);
}

static Str by_two_threads(Arena *a, const FormatOptions *options, Str text)
{
    Papers *p = papers_new(a);
    Fault fault = {0};
    FileOptions file = {.format = *options};
    file.format.format = FORMAT_CSV;
    size_t cut = 1 + (size_t)below((int)text.len - 1);
    Err e = load_text_cut(a, p, &file, text, cut, &fault);
    return e ? fault_text(a, &fault) : dump(a, p);
}

static void pieces_and_threads_change_nothing(void **state)
{
    Arena *a = *state;
    int read = 0;
    for (int i = 0; i < 3000; i++) {
        FormatOptions options = {.file_name = S("p.csv"), .posts = below(8) == 0};
        Str text = random_csv(a, below(30));
        Str whole = read_as(a, &options, text, 0);
        read += str_starts(whole, S("candidates"));
        assert_same_str(in_random_pieces(a, &options, text), whole);
        assert_same_str(by_two_threads(a, &options, text), whole);
        if (i % 50 == 0) arena_clear(a);
    }
    assert_in_range(read, 200, 2900); /* both good and bad files were tried */
}

/* A file of `rows` rows in which the mistake, if any, is in row `bad`. */
static Str large_csv(Arena *a, int rows, int bad)
{
    Buf b = buf_new(a);
    buf_str(&b, S("# box: hall: 7; 0\n# withdrawn: Nobody\ncount,section,1,2,3\n"));
    for (int i = 0; i < rows; i++)
        buf_format(&b, i == bad ? "1,S,Ada,\"B\"o,\n" : "%d,S%d,C%d,C%d,\n", 1 + i % 3, i % 5, i % 7, i / 7 % 11 + i / 90000);
    return buf_done(&b);
}

static void a_large_file_is_read_by_two_threads_as_by_one(void **state)
{
    Arena *a = *state;
    FormatOptions options = {.file_name = S("p.csv")};
    enum { ROWS = 300000 };
    static const int bads[] = {-1, 0, 1000, ROWS / 2, ROWS - 1};
    for (int i = 0; i < COUNT_OF(bads); i++) {
        Str text = large_csv(a, ROWS, bads[i]);
        assert_true(text.len > (size_t)3 << 20);
        Str fed = read_as(a, &options, text, 100000);
        assert_same_str(read_as(a, &options, text, 0), fed);
        if (bads[i] < 0) assert_true(str_starts(fed, S("candidates")));
        else
            assert_same_str(
                str_slice(fed, 0, 5 + 1 + (size_t)snprintf(NULL, 0, "%d", bads[i] + 4)), str_format(a, "p.csv:%d", bads[i] + 4));
    }
}

/* More different rows than are looked up one by one, with cells over several lines among them. */
static Str varied_csv(Arena *a, int rows, int bad)
{
    Buf b = buf_new(a);
    buf_str(&b, S("1,2,3,id\n"));
    for (int i = 0; i < rows; i++) {
        int k = i * 7 % 30011;
        if (i == bad) buf_str(&b, S("\n"));
        buf_format(&b, i % 997 ? "C%d,C%d,C%d,%d\n" : "C%d,C%d,C%d,\"%d\nC1,C2,C3,\"\n", k % 13, k / 13 % 17, k / 221 % 23, i);
    }
    return buf_done(&b);
}

static void rows_seen_ahead_change_nothing(void **state)
{
    Arena *a = *state;
    FormatOptions options = {.file_name = S("p.csv")};
    enum { ROWS = 90000 };
    static const int bads[] = {-1, 60001, ROWS - 1};
    for (int i = 0; i < COUNT_OF(bads); i++) {
        Str text = varied_csv(a, ROWS, bads[i]);
        Str fed = read_as(a, &options, text, 200);
        assert_same_str(read_as(a, &options, text, 0), fed);
        assert_same_str(read_as(a, &options, text, 50021), fed);
        Str start = bads[i] < 0 ? S("candidates C0, ") : str_format(a, "p.csv:%d: expected a paper", bads[i] + 2 + (bads[i] + 996) / 997);
        assert_same_str(str_slice(fed, 0, start.len), start);
    }
}

static void a_limit_is_met_on_the_same_line_by_two_threads(void **state)
{
    Arena *a = *state;
    FormatOptions options = {.file_name = S("p.csv")};
    Buf b = buf_new(a);
    buf_str(&b, S("1,count\n"));
    for (int i = 0; i < 300000; i++) buf_format(&b, "Candidate %d,4000\n", i / 400);
    Str fed = read_as(a, &options, buf_done(&b), 65536);
    assert_str(fed, "p.csv:250002:1: more than 1000000000 papers in one contest");
    assert_same_str(read_as(a, &options, buf_done(&b), 0), fed);
}

/* The middle of the file is inside a quoted cell with line breaks in it. */
static void a_cut_inside_quotes_is_noticed(void **state)
{
    Arena *a = *state;
    FormatOptions options = {.file_name = S("p.csv")};
    Buf b = buf_new(a);
    buf_str(&b, S("id,1,2\n"));
    for (int i = 0; i < 200000; i++) buf_format(&b, "%d,Ada,Bo\n", i);
    buf_str(&b, S("\"quoted\n"));
    for (int i = 0; i < 1000; i++) buf_str(&b, S("1,Dee,Eve\n"));
    buf_str(&b, S("\",Cy,Bo\n"));
    for (int i = 0; i < 200000; i++) buf_format(&b, "%d,Bo,Ada\n", i);
    assert_str(read_as(a, &options, buf_done(&b), 0), "candidates Ada, Bo, Cy; papers 200000: Ada Bo, 1: Cy Bo, 200000: Bo Ada");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(pieces_and_threads_change_nothing),
        arena_test(a_large_file_is_read_by_two_threads_as_by_one),
        arena_test(rows_seen_ahead_change_nothing),
        arena_test(a_limit_is_met_on_the_same_line_by_two_threads),
        arena_test(a_cut_inside_quotes_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
