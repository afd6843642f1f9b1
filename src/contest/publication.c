/* From a folder to all that goes into the store.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "contest/own.h"

#include "formats/file.h"

#include <unistd.h>

typedef struct Publishing {
    Arena *a;
    Fault *fault;
    Conf *conf;
    PublicationFile *files;
    int count;
} Publishing;

static bool is_file_name(Str name)
{
    return str_find(name, '.') < name.len;
}

static const PublicationFile *find_file(const Publishing *p, Str name)
{
    for (int i = 0; i < p->count; i++)
        if (str_equal(p->files[i].name, name)) return &p->files[i];
    return NULL;
}

/* The fault of a line of the manifest. */
static Err at_line(Publishing *p, int64_t line, Str expected, Str found)
{
    p->fault->file = S("contest.conf");
    return fault_set(p->fault, ERR_INPUT, line, 1, expected, found);
}

/* ---- what the manifest asks ---- */

static Err want_file(Publishing *p, Str name, int64_t line, Str *ret_bytes)
{
    const PublicationFile *file = find_file(p, name);
    if (!file) return at_line(p, line, S("a file in this folder"), fault_quote(p->a, name));
    *ret_bytes = file->bytes;
    return ERR_OK;
}

/* "omov@Members": a preset or a file, and a section. */
static Err want_rules(Publishing *p, Str spec, int64_t line, RulesWanted *ret_rules)
{
    *ret_rules = (RulesWanted){.spec = spec};
    str_cut(spec, '@', &ret_rules->name, &ret_rules->section);
    if (is_file_name(ret_rules->name)) return want_file(p, ret_rules->name, line, &ret_rules->text);
    if (!rules_preset_text(ret_rules->name).ptr)
        return at_line(
            p, line, S("the name of a preset ('hustings rules list') or of a file in this folder"), fault_quote(p->a, ret_rules->name));
    return ERR_OK;
}

static Err want_papers(Publishing *p, Counting *counting)
{
    const ConfItems *papers = &p->conf->papers;
    counting->papers = arena_new(p->a, CountedFile, (size_t)papers->count);
    for (int i = 0; i < papers->count; i++) {
        const ConfItem *item = &papers->items[i];
        CountedFile *file = &counting->papers[counting->paper_count++];
        file->name = item->value;
        if (!str_equal(item->key, S("papers"))) file->section = item->key;
        Err e = want_file(p, item->value, item->line, &file->bytes);
        if (e) return e;
    }
    return ERR_OK;
}

static void want_rejected(Publishing *p, Counting *counting)
{
    const ConfItems *rejected = &p->conf->rejected;
    counting->rejected = arena_new(p->a, RejectedHead, (size_t)rejected->count);
    for (int i = 0; i < rejected->count; i++) {
        RejectedHead *head = &counting->rejected[counting->rejected_count++];
        head->head = rejected->items[i].key;
        bool number = str_to_i64(rejected->items[i].value, &head->papers);
        ASSERT(number); /* conf.c */
        counting->options.rejected_by_hand += head->papers;
    }
}

static Err want_comparisons(Publishing *p, Counting *counting)
{
    const ConfItems *compare = &p->conf->compare;
    counting->compare = arena_new(p->a, RulesWanted, (size_t)compare->count);
    for (int i = 0; i < compare->count; i++) {
        Err e = want_rules(p, compare->items[i].value, compare->items[i].line, &counting->compare[counting->compare_count++]);
        if (e) return e;
    }
    return ERR_OK;
}

static Err make_counting(Publishing *p, Counting *c)
{
    const Conf *conf = p->conf;
    *c = (Counting){
        .about = {.slug = conf->slug, .title = conf->title, .date = conf->date, .place = conf->place},
        .note = conf->note,
        .options = {.seed = conf->seed, .seats = (int)conf->seats, .roll = conf->roll, .issued = conf->issued},
        .version = S(PROGRAM_VERSION),
    };
    c->withdrawn = arena_new(p->a, Str, (size_t)conf->withdrawn.count);
    for (int i = 0; i < conf->withdrawn.count; i++) c->withdrawn[c->withdrawn_count++] = conf->withdrawn.items[i].value;
    want_rejected(p, c);
    Err e = want_rules(p, conf->rules, conf->rules_line, &c->rules);
    if (!e && c->rules.section.len)
        e = at_line(p, conf->rules_line, S("rules without '@': all papers are counted"), fault_quote(p->a, conf->rules));
    if (!e) e = want_papers(p, c);
    if (!e && conf->stages.len) {
        c->totals.name = conf->stages;
        e = want_file(p, conf->stages, conf->stages_line, &c->totals.bytes);
    }
    if (!e) e = want_comparisons(p, c);
    return e;
}

/* Faults without a file are about what the manifest asks. */
static Err count_it(Publishing *p, Counted *counted)
{
    Counting counting;
    Err e = make_counting(p, &counting);
    if (e) return e;
    CountingPart part = PART_OTHER;
    e = counting_run(p->a, &counting, counted, &part, p->fault);
    if (e && !p->fault->file.len) {
        p->fault->file = S("contest.conf");
        if (part == PART_RULES) p->fault->line = p->conf->rules_line;
    }
    return e;
}

/* ---- what pages show of the files ---- */

static Str kind_words(Str kind)
{
    static const Str words[][2] = {{S("manifest"), S("what this contest is, for the program")}, {S("rules"), S("rules of counting")},
        {S("papers"), S("papers")}, {S("stages"), S("totals of the stages")}, {S("readme"), S("where it all comes from")}};
    for (int i = 0; i < COUNT_OF(words); i++)
        if (str_equal(words[i][0], kind)) return words[i][1];
    return kind;
}

static Str size_words(Arena *a, size_t bytes)
{
    if (bytes < 1000) return str_format(a, "%zu bytes", bytes);
    if (bytes < 1000000) return str_format(a, "%zu.%zu kB", bytes / 1000, bytes % 1000 / 100);
    return str_format(a, "%zu.%zu MB", bytes / 1000000, bytes % 1000000 / 100000);
}

static bool needs_quotes(Str word)
{
    static const Str plain = S("-_./=@:,");
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && str_find(plain, c) == plain.len) return true;
    }
    return word.len == 0;
}

/* A word of a command, in single quotes if a shell would misread it. */
static void quoted(Buf *b, Str word)
{
    buf_byte(b, ' ');
    if (!needs_quotes(word)) {
        buf_str(b, word);
        return;
    }
    buf_byte(b, '\'');
    for (size_t k = 0; k < word.len; k++) {
        if (word.ptr[k] == '\'') buf_str(b, S("'\\''"));
        else buf_byte(b, word.ptr[k]);
    }
    buf_byte(b, '\'');
}

/* The command that counts these files again, typed beside them. */
static Str again_command(const Publishing *p)
{
    const Conf *conf = p->conf;
    if (conf->stages.len) return S("hustings publish . --check");
    Buf b = buf_new(p->a);
    buf_str(&b, S("hustings count"));
    for (int i = 0; i < conf->papers.count; i++) {
        const ConfItem *item = &conf->papers.items[i];
        bool section = !str_equal(item->key, S("papers"));
        quoted(&b, section ? str_format(p->a, "%.*s=%.*s", STR_ARG(item->key), STR_ARG(item->value)) : item->value);
    }
    buf_str(&b, S(" --rules"));
    quoted(&b, conf->rules);
    if (conf->seats) buf_format(&b, " --seats %lld", (long long)conf->seats);
    if (conf->seed.len) {
        buf_str(&b, S(" --seed"));
        quoted(&b, conf->seed);
    }
    if (conf->roll) buf_format(&b, " --roll %lld", (long long)conf->roll);
    if (conf->issued) buf_format(&b, " --issued %lld", (long long)conf->issued);
    for (int i = 0; i < conf->rejected.count; i++) {
        buf_str(&b, S(" --rejected"));
        quoted(&b, str_format(p->a, "%.*s=%.*s", STR_ARG(conf->rejected.items[i].key), STR_ARG(conf->rejected.items[i].value)));
    }
    for (int i = 0; i < conf->withdrawn.count; i++) {
        buf_str(&b, S(" --withdraw"));
        quoted(&b, conf->withdrawn.items[i].value);
    }
    return buf_done(&b);
}

static View *files_view(const Publishing *p)
{
    View *v = view_object(p->a);
    View *sources = view_put_array(v, S("sources"));
    for (int i = 0; i < p->conf->sources.count; i++) {
        const ConfItem *item = &p->conf->sources.items[i];
        View *source = view_add_object(sources);
        view_put_str(source, S("what"), item->key);
        view_put_str(source, S("where"), item->value);
        view_put_bool(source, S("link"), str_starts(item->value, S("https://")) || str_starts(item->value, S("http://")));
    }
    View *again = view_add_object(view_put_array(v, S("again")));
    view_put_str(again, S("text"), again_command(p));
    view_put_bool(again, S("command"), true);
    View *files = view_put_array(v, S("files"));
    for (int i = 0; i < p->count; i++) {
        const PublicationFile *file = &p->files[i];
        View *one = view_add_object(files);
        view_put_str(one, S("name"), file->name);
        view_put_str(one, S("kind"), file->kind);
        view_put_str(one, S("kind_words"), kind_words(file->kind));
        view_put_i64(one, S("size"), (int64_t)file->bytes.len);
        view_put_str(one, S("size_words"), size_words(p->a, file->bytes.len));
        view_put_str(one, S("sha256"), sha256_hex(p->a, sha256(file->bytes)));
        Str address = slug_of_name(p->a, file->name);
        view_put_str(one, S("path"), str_format(p->a, "/contests/%.*s/files/%.*s", STR_ARG(p->conf->slug), STR_ARG(address)));
    }
    return v;
}

static void put_document(View *views, Arena *a, Str key, const Counted *counted, Str what)
{
    CountedDocument document;
    bool known = counted_document(a, counted, what, &document);
    ASSERT(known);
    View *v = view_put_object(views, key);
    view_put_str(v, S("type"), document.type);
    view_put_str(v, S("name"), document.name);
    view_put_str(v, S("text"), document.bytes);
}

/* ---- every figure ---- */

static void stage_figures(Buf *b, Arena *a, const Result *r, const Stage *stage)
{
    for (int c = 0; c < r->papers->candidate_count; c++) {
        buf_str(b, r->papers->candidates[c].name);
        buf_format(b, "\t%d\t%lld", (int)stage->standing[c], (long long)stage->tally[c]);
        for (int s = 0; stage->section_tally && s < r->papers->section_count; s++)
            buf_format(b, "\t%lld", (long long)stage->section_tally[s * r->papers->candidate_count + c]);
        if (stage->points) buf_format(b, "\t%.*s", STR_ARG(frac_text(a, &stage->points[c])));
        buf_byte(b, '\n');
    }
    buf_format(b, "%lld\t%lld\t%lld\n", (long long)stage->not_reallocated, (long long)stage->lost, (long long)stage->quota);
}

static void all_figures(Buf *b, Arena *a, const Result *r)
{
    buf_format(b, "%lld\t%d\t%d\n", (long long)r->valid, r->seats, r->open != NULL);
    for (int i = 0; i < REJECTED__COUNT; i++) buf_format(b, "%lld\n", (long long)r->rejected[i]);
    for (int s = 0; s < r->stage_count; s++) stage_figures(b, a, r, &r->stages[s]);
    for (int i = 0; i < r->elected_count; i++) buf_format(b, "elected\t%.*s\n", STR_ARG(r->papers->candidates[r->elected[i]].name));
    for (int i = 0; r->pairwise && i < r->papers->candidate_count; i++)
        buf_format(b, "%d\t%d\n", r->pairwise->schulze_place[i], r->place[i]);
    for (int p = 0; p < r->post_count; p++)
        if (r->posts[p].result) all_figures(b, a, r->posts[p].result);
}

/* What a later version of the program must find again. */
static Sha256 figures_digest(Arena *a, const Result *result)
{
    Buf b = buf_new(a);
    all_figures(&b, a, result);
    return sha256(buf_done(&b));
}

/* ---- the whole ---- */

static Err check_files(Publishing *p)
{
    size_t total = 0;
    for (int i = 0; i < p->count; i++) {
        total += p->files[i].bytes.len;
        for (int k = 0; k < i; k++)
            if (str_equal(slug_of_name(p->a, p->files[i].name), slug_of_name(p->a, p->files[k].name)))
                return at_line(p, 0, S("files whose names differ by letters or digits"), fault_quote(p->a, p->files[i].name));
    }
    if (total > CONTEST_FILE_BYTES_MAX) return fault_set(p->fault, ERR_LIMIT, 0, 0, S("at most 64 MiB of files in a contest"), S("more"));
    return ERR_OK;
}

Err publication_from_files(Arena *a, PublicationFile *files, int file_count, Publication **ret_publication, Fault *fault)
{
    Publishing p = {.a = a, .fault = fault, .files = files, .count = file_count};
    const PublicationFile *manifest = find_file(&p, S("contest.conf"));
    if (!manifest) return fault_set(fault, ERR_INPUT, 0, 0, S("a file contest.conf"), S("none"));
    Err e = conf_parse(a, manifest->bytes, &p.conf, fault);
    if (e) {
        fault->file = S("contest.conf");
        return e;
    }
    e = check_files(&p);
    if (e) return e;
    Counted counted;
    e = count_it(&p, &counted);
    if (e) return e;
    View *views = counted_views(a, &counted);
    view_put(views, S("files"), files_view(&p));
    put_document(views, a, S("declaration"), &counted, S("html"));
    put_document(views, a, S("csv"), &counted, S("csv"));
    put_document(views, a, S("svg"), &counted, S("svg"));
    Publication *publication = arena_new(a, Publication, 1);
    *publication = (Publication){.slug = p.conf->slug,
        .title = p.conf->title,
        .date = p.conf->date,
        .place = p.conf->place,
        .note = counted.report.note,
        .files = files,
        .file_count = file_count,
        .outcome = report_outcome(a, counted.result),
        .totals = counted.about.totals,
        .open = counted.result->open != NULL,
        .figures = figures_digest(a, counted.result),
        .views = views};
    *ret_publication = publication;
    return ERR_OK;
}

/* ---- the folder ---- */

static Err add_from_folder(Publishing *p, Str folder, Str name, Str kind, int64_t line)
{
    if (find_file(p, name)) return ERR_OK;
    if (p->count == CONTEST_FILES_MAX) return at_line(p, line, S("at most 64 files"), S("more"));
    const char *path = str_c(p->a, str_format(p->a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name)));
    if (line && access(path, F_OK) != 0) return at_line(p, line, S("a file in this folder"), fault_quote(p->a, name));
    PublicationFile *file = &p->files[p->count];
    *file = (PublicationFile){.name = name, .kind = kind};
    Err e = file_read_all(p->a, path, CONTEST_FILE_BYTES_MAX, &file->bytes, p->fault);
    if (!e) p->count++;
    return e;
}

static Err add_rules_file(Publishing *p, Str folder, Str spec, int64_t line)
{
    Str name, section;
    str_cut(spec, '@', &name, &section);
    if (!is_file_name(name)) return ERR_OK;
    if (name.ptr[0] == '.' || str_find(name, '/') < name.len)
        return at_line(p, line, S("the name of a preset, or of a file in this folder"), fault_quote(p->a, name));
    return add_from_folder(p, folder, name, S("rules"), line);
}

static Err add_named_files(Publishing *p, Str folder)
{
    const Conf *conf = p->conf;
    Err e = add_rules_file(p, folder, conf->rules, conf->rules_line);
    for (int i = 0; i < conf->papers.count && !e; i++)
        e = add_from_folder(p, folder, conf->papers.items[i].value, S("papers"), conf->papers.items[i].line);
    if (!e && conf->stages.len) e = add_from_folder(p, folder, conf->stages, S("stages"), conf->stages_line);
    for (int i = 0; i < conf->compare.count && !e; i++)
        e = add_rules_file(p, folder, conf->compare.items[i].value, conf->compare.items[i].line);
    bool readme = access(str_c(p->a, str_format(p->a, "%.*s/README.md", STR_ARG(folder))), F_OK) == 0;
    if (!e && readme) e = add_from_folder(p, folder, S("README.md"), S("readme"), 0);
    return e;
}

/* `file` as the person who called knows it: with the folder before it. */
static Err in_folder(Publishing *p, Str folder, Err e)
{
    Str file = p->fault->file;
    if (e && file.len && !str_starts(file, folder)) p->fault->file = str_format(p->a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(file));
    return e;
}

Err publication_read(Arena *a, Str folder, Publication **ret_publication, Fault *fault)
{
    while (folder.len > 1 && folder.ptr[folder.len - 1] == '/') folder.len--;
    Publishing p = {.a = a, .fault = fault, .files = arena_new(a, PublicationFile, CONTEST_FILES_MAX)};
    Err e = add_from_folder(&p, folder, S("contest.conf"), S("manifest"), 0);
    if (e) return e;
    e = conf_parse(a, p.files[0].bytes, &p.conf, fault);
    if (e) fault->file = S("contest.conf");
    if (!e) e = add_named_files(&p, folder);
    if (!e) e = publication_from_files(a, p.files, p.count, ret_publication, fault);
    return in_folder(&p, folder, e);
}
