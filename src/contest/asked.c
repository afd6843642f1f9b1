/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "contest/asked.h"

#include "contest/own.h"
#include "formats/gunzip.h"

/* ---- as a view ---- */

View *asked_view(Arena *a, const Asked *asked)
{
    View *v = view_object(a);
    view_put_str(v, S("title"), asked->title);
    view_put_str(v, S("format"), asked->format);
    view_put_str(v, S("rules"), asked->rules);
    view_put_str(v, S("own_rules"), asked->own_rules);
    view_put_i64(v, S("seats"), asked->seats);
    view_put_str(v, S("seed"), asked->seed);
    view_put_str(v, S("want"), asked->want);
    View *files = view_put_array(v, S("files"));
    for (int i = 0; i < asked->file_count; i++) {
        View *file = view_add_object(files);
        view_put_str(file, S("name"), asked->files[i].name);
        view_put_str(file, S("section"), asked->files[i].section);
        view_put_str(file, S("bytes"), asked->files[i].bytes);
    }
    return v;
}

/* Texts that are shown and reported must be clean; files are judged by their readers. */
static bool text_of(const View *object, Str key, size_t most, bool clean, Str *ret_text)
{
    const View *v = view_get(object, key);
    if (!v || view_kind(v) != VIEW_STR) return false;
    *ret_text = view_str(v);
    return ret_text->len <= most && (!clean || str_is_clean_text(*ret_text));
}

static bool read_files(const View *view, Asked *asked)
{
    const View *files = view_get(view, S("files"));
    if (!files || view_kind(files) != VIEW_ARRAY) return false;
    for (const View *v = view_first(files); v; v = view_next(v)) {
        if (asked->file_count == ASKED_FILES_MAX || view_kind(v) != VIEW_OBJECT) return false;
        CountedFile *file = &asked->files[asked->file_count++];
        bool good = text_of(v, S("name"), 200, true, &file->name) && text_of(v, S("section"), PAPERS_NAME_MAX, true, &file->section) &&
                    text_of(v, S("bytes"), SIZE_MAX, false, &file->bytes);
        if (!good) return false;
    }
    return true;
}

Err asked_read(const View *view, Asked *ret_asked)
{
    Asked asked = {0};
    if (view_kind(view) != VIEW_OBJECT) return ERR_INPUT;
    const View *seats = view_get(view, S("seats"));
    bool good = text_of(view, S("title"), 4 * (size_t)ASKED_TITLE_MAX, true, &asked.title) &&
                text_of(view, S("format"), 20, true, &asked.format) && text_of(view, S("rules"), 40, true, &asked.rules) &&
                text_of(view, S("own_rules"), RULES_TEXT_MAX, false, &asked.own_rules) &&
                text_of(view, S("seed"), 1000, true, &asked.seed) && text_of(view, S("want"), 20, true, &asked.want) && seats &&
                view_kind(seats) == VIEW_I64 && read_files(view, &asked);
    if (!good) return ERR_INPUT;
    asked.seats = view_i64(seats);
    if (asked.seats < 0 || asked.seats > RULES_SEATS_MAX) return ERR_INPUT;
    *ret_asked = asked;
    return ERR_OK;
}

/* ---- sections ---- */

static Str stem_of(Str name)
{
    size_t end = name.len;
    if (str_ends(name, S(".gz"))) end -= 3;
    for (size_t i = end; i > 1; i--)
        if (name.ptr[i - 1] == '.') return str_slice(name, 0, i - 1);
    return str_slice(name, 0, end);
}

static bool is_own(const Asked *asked)
{
    return str_equal(asked->rules, S("own"));
}

void asked_sections(Arena *a, Asked *asked)
{
    Rules *rules = NULL;
    Fault fault = {0};
    Str text = is_own(asked) ? asked->own_rules : rules_preset_text(asked->rules);
    if (!text.ptr || rules_parse(a, text, asked->rules, &rules, &fault)) rules = NULL; /* the count will say what is wrong with them */
    for (int i = 0; i < asked->file_count; i++) {
        Str stem = stem_of(asked->files[i].name);
        asked->files[i].section = stem.len > PAPERS_NAME_MAX ? str_slice(stem, 0, PAPERS_NAME_MAX) : stem;
        for (int s = 0; rules && s < rules->section_count; s++)
            if (str_equal(slug_of_name(a, rules->sections[s].name), slug_of_name(a, stem)))
                asked->files[i].section = rules->sections[s].name;
    }
}

/* ---- counting ---- */

static Counting asked_counting(Arena *a, const Asked *asked)
{
    Counting c = {
        .about = {.title = asked->title},
        .papers = arena_new(a, CountedFile, (size_t)asked->file_count),
        .paper_count = asked->file_count,
        .format = format_from_name(asked->format),
        .options = {.seed = asked->seed, .seats = (int)asked->seats},
        .compare_presets = true,
        .version = S(PROGRAM_VERSION),
    };
    for (int i = 0; i < asked->file_count; i++) c.papers[i] = asked->files[i];
    if (is_own(asked))
        c.rules = (RulesWanted){.spec = S("own rules"), .name = S("own rules"), .text = asked->own_rules.ptr ? asked->own_rules : S("")};
    else c.rules = (RulesWanted){.spec = asked->rules, .name = asked->rules};
    return c;
}

/* Few candidates, and no method that iterates: counted in far less than a millisecond. */
enum { QUICK_CANDIDATES = 16, SMALL_BYTES = 4096 };

static View *fault_view(Arena *a, CountingPart part, const Fault *fault)
{
    View *v = view_object(a);
    view_put_bool(v, S("ok"), false);
    view_put_i64(v, S("part"), part);
    view_put_i64(v, S("err"), fault->err);
    view_put_str(v, S("file"), fault->file);
    view_put_i64(v, S("line"), fault->line);
    view_put_i64(v, S("column"), fault->column);
    view_put_str(v, S("expected"), fault->expected);
    view_put_str(v, S("found"), fault->found);
    return v;
}

static void put_document(View *v, Arena *a, const Counted *counted, Str want)
{
    CountedDocument document;
    if (!counted_document(a, counted, want, &document)) {
        view_put(v, S("views"), counted_views(a, counted));
        return;
    }
    View *object = view_put_object(v, S("document"));
    view_put_str(object, S("type"), document.type);
    view_put_str(object, S("name"), document.name);
    view_put_str(object, S("bytes"), document.bytes);
}

bool asked_is_small(const Asked *asked)
{
    size_t total = asked->own_rules.len;
    for (int i = 0; i < asked->file_count; i++) {
        if (gunzip_is_gzip(asked->files[i].bytes)) return false;
        total += asked->files[i].bytes.len;
    }
    return total <= SMALL_BYTES;
}

Err asked_check(Arena *a, const Asked *asked, CountingPart *ret_part, Fault *fault)
{
    Counting counting = asked_counting(a, asked);
    return counting_check(a, &counting, QUICK_CANDIDATES, ret_part, fault);
}

View *asked_answer(Arena *a, const Asked *asked)
{
    Counting counting = asked_counting(a, asked);
    Counted counted;
    CountingPart part = PART_OTHER;
    Fault fault = {0};
    if (str_equal(asked->want, ASKED_CHECK)) {
        if (asked_check(a, asked, &part, &fault)) return fault_view(a, part, &fault);
        View *sound = view_object(a);
        view_put_bool(sound, S("ok"), true);
        return sound;
    }
    counting.compare_presets = str_equal(asked->want, S("page"));
    if (counting_run(a, &counting, &counted, &part, &fault)) return fault_view(a, part, &fault);
    View *v = view_object(a);
    view_put_bool(v, S("ok"), true);
    put_document(v, a, &counted, asked->want);
    return v;
}
