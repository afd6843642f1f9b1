/* What the record says of contests. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "contest/acts.h"

#include "contest/own.h"
#include "http/page.h"

#include <string.h>

enum { TITLE_MOST = 300, OUTCOME_MOST = 500, NAMES_MOST = 300 };

/* ---- what is told of ---- */

Told told_of(const Publication *p)
{
    return (Told){
        .slug = p->slug, .contest = view_get(p->views, S("contest")), .files = view_get(p->views, S("files")), .figures = p->figures};
}

Err told_stored(Db *db, Arena *a, const DbRows *row, Told *ret_told)
{
    View *contest, *files;
    Str slug = db_text(row, "slug"), figures = db_text(row, "figures");
    Err e = contest_view(db, a, slug, S("contest"), &contest);
    if (!e) e = contest_view(db, a, slug, S("files"), &files);
    if (e) return e == ERR_MISSING ? ERR_IO : e; /* a contest without its pages is the store's failure */
    *ret_told = (Told){.slug = slug, .contest = contest, .files = files};
    if (figures.len == sizeof ret_told->figures.bytes) memcpy(ret_told->figures.bytes, figures.ptr, figures.len);
    return ERR_OK;
}

static Str text_of(const Told *told, const char *key)
{
    return view_str(view_get(told->contest, str_from_c(key)));
}

static Str rules_text(const Told *told, const char *key)
{
    return view_str(view_get(view_get(told->contest, S("rules")), str_from_c(key)));
}

/* "'Labour Party leadership 2010' (25 September 2010)" */
static Str name_of(Arena *a, const Told *told)
{
    Str title = act_line(a, text_of(told, "title"), TITLE_MOST), date = date_words(a, text_of(told, "date"));
    return str_format(a, "'%.*s' (%.*s)", STR_ARG(title), STR_ARG(date));
}

/* Without its full stop: a sentence goes on, or ends with one of its own. */
static Str outcome_of(Arena *a, const Told *told)
{
    Str outcome = text_of(told, "outcome");
    if (str_ends(outcome, S("."))) outcome = str_slice(outcome, 0, outcome.len - 1);
    return act_line(a, outcome, OUTCOME_MOST);
}

/* ---- files ---- */

Str file_path_start(Arena *a, Str slug)
{
    return str_format(a, "/contests/%.*s/files/", STR_ARG(slug));
}

Str file_path(Arena *a, Str slug, Str name)
{
    Str start = file_path_start(a, slug), address = slug_of_name(a, name);
    return str_format(a, "%.*s%.*s", STR_ARG(start), STR_ARG(address));
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* As our own pages write it. */
static Sha256 digest_of(Str hex)
{
    Sha256 digest = {0};
    for (size_t i = 0; i < sizeof digest.bytes && hex.len == 2 * sizeof digest.bytes; i++)
        digest.bytes[i] = (uint8_t)(digit_of(hex.ptr[2 * i]) * 16 + digit_of(hex.ptr[2 * i + 1]));
    return digest;
}

static Str file_name(Arena *a, Str name)
{
    return act_line(a, name, ACT_NAME_MAX);
}

typedef struct FileList {
    ActFile *files;
    int count;
} FileList;

/* The files that its page lists; `there`: with the addresses at which they are. */
static FileList files_of(Arena *a, const Told *told, bool there)
{
    FileList list = {.files = arena_new(a, ActFile, CONTEST_FILES_MAX + 1)};
    for (const View *file = view_first(view_get(told->files, S("files"))); file; file = view_next(file)) {
        ASSERT(list.count < CONTEST_FILES_MAX);
        ActFile *one = &list.files[list.count++];
        *one = (ActFile){.name = file_name(a, view_str(view_get(file, S("name")))),
            .size = view_i64(view_get(file, S("size"))),
            .digest = digest_of(view_str(view_get(file, S("sha256"))))};
        if (there) one->path = file_path(a, told->slug, view_str(view_get(file, S("name"))));
    }
    return list;
}

static const ActFile *file_with(const FileList *list, const Sha256 *digest)
{
    for (int i = 0; i < list->count; i++)
        if (hash_equal(&list->files[i].digest, digest)) return &list->files[i];
    return NULL;
}

static const ActFile *file_named(const FileList *list, Str name)
{
    for (int i = 0; i < list->count; i++)
        if (str_equal(list->files[i].name, name)) return &list->files[i];
    return NULL;
}

/* The rules are among the files, or are those of a preset, whose text joins them. The record says which. */
static Str add_rules(Arena *a, const Told *told, FileList *list)
{
    Str name = file_name(a, rules_text(told, "name")), text = rules_text(told, "text");
    Sha256 digest = digest_of(rules_text(told, "sha256"));
    const ActFile *file = file_with(list, &digest);
    if (!text.len) return S("rules that its pages do not show");
    if (file) return str_format(a, "the rules in %.*s", STR_ARG(file->name));
    ASSERT(list->files && list->count <= CONTEST_FILES_MAX);
    Str of_preset = str_format(a, "%.*s.rules", STR_ARG(name));
    list->files[list->count++] = (ActFile){.name = of_preset, .size = (int64_t)text.len, .digest = digest, .bytes = text};
    return str_format(a, "the rules %.*s (%.*s)", STR_ARG(name), STR_ARG(of_preset));
}

/* ---- data for programs ---- */

static void put_facts(Arena *a, View *data, const Told *told)
{
    static const char *const texts[] = {"title", "date", "place", "outcome", "note"};
    for (int i = 0; i < COUNT_OF(texts); i++)
        if (text_of(told, texts[i]).len) view_put_str(data, str_from_c(texts[i]), text_of(told, texts[i]));
    view_put_str(data, S("rules"), rules_text(told, "name"));
    view_put_str(data, S("rules_sha256"), rules_text(told, "sha256"));
    view_put_str(data, S("figures_sha256"), sha256_hex(a, told->figures));
}

static void put_files(Arena *a, View *data, const FileList *list)
{
    View *array = view_put_array(data, S("files"));
    for (int i = 0; i < list->count; i++) {
        View *file = view_add_object(array);
        view_put_str(file, S("name"), list->files[i].name);
        view_put_i64(file, S("size"), list->files[i].size);
        view_put_str(file, S("sha256"), sha256_hex(a, list->files[i].digest));
    }
}

/* ---- published ---- */

static Str published_words(Arena *a, const Told *told, Str rules)
{
    Str name = name_of(a, told), outcome = outcome_of(a, told);
    return str_format(
        a, "The result of %.*s was published: %.*s. It was counted by %.*s.", STR_ARG(name), STR_ARG(outcome), STR_ARG(rules));
}

/* ---- replaced ---- */

typedef enum Change { CHANGED, ADDED, REMOVED, CHANGE__COUNT } Change;

static bool is_change(const FileList *before, const FileList *after, const ActFile *file, Change change)
{
    const ActFile *was = file_named(before, file->name), *is = file_named(after, file->name);
    if (change == ADDED) return is && !was;
    if (change == REMOVED) return was && !is;
    return was && is && !hash_equal(&was->digest, &is->digest);
}

/* The names, as an array of `data`, and in a sentence. */
static void put_change(Buf *words, View *data, const FileList *before, const FileList *after, Change change)
{
    static const Str keys[] = {S("changed"), S("added"), S("removed")};
    static const char *const begins[] = {" Files changed:", " Files added:", " Files taken away:"};
    const FileList *list = change == REMOVED ? before : after;
    View *array = view_put_array(data, keys[change]);
    Buf names = buf_new(words->arena);
    for (int i = 0; i < list->count; i++) {
        if (!is_change(before, after, &list->files[i], change)) continue;
        view_add_str(array, list->files[i].name);
        buf_format(&names, "%s %.*s", names.len ? "," : "", STR_ARG(list->files[i].name));
    }
    if (!names.len) return;
    buf_str(words, str_from_c(begins[change]));
    buf_str(words, act_line(words->arena, buf_done(&names), NAMES_MOST));
    buf_byte(words, '.');
}

static void put_outcomes(Buf *words, const Told *told, const Told *before)
{
    Arena *a = words->arena;
    Str was = outcome_of(a, before), is = outcome_of(a, told);
    if (str_equal(text_of(before, "outcome"), text_of(told, "outcome"))) buf_format(words, " As before: %.*s.", STR_ARG(is));
    else buf_format(words, " Before: %.*s. Now: %.*s.", STR_ARG(was), STR_ARG(is));
    bool same = hash_equal(&told->figures, &before->figures);
    buf_str(words, same ? S(" Every figure of the count is as before.") : S(" Figures of the count are others than before."));
}

static Str replaced_words(Arena *a, const Told *told, const Told *before, const FileList *files, Str rules, View *data)
{
    Buf words = buf_new(a);
    FileList old = files_of(a, before, false);
    add_rules(a, before, &old);
    Str name = name_of(a, before);
    buf_format(&words, "The published result of %.*s was replaced.", STR_ARG(name));
    put_outcomes(&words, told, before);
    size_t so_far = words.len;
    for (int change = 0; change < CHANGE__COUNT; change++) put_change(&words, data, &old, files, (Change)change);
    if (words.len == so_far) buf_str(&words, S(" Nothing changed in its files."));
    buf_format(&words, " It was counted by %.*s.", STR_ARG(rules));
    View *was = view_put_object(data, S("before"));
    put_facts(a, was, before);
    put_files(a, was, &old);
    return buf_done(&words);
}

Err tell_published(Db *db, Arena *a, const Told *told, const Told *before, Officer by, int64_t now, int64_t *ret_leaf, Fault *fault)
{
    View *data = view_object(a);
    FileList files = files_of(a, told, true);
    Str rules = add_rules(a, told, &files);
    put_facts(a, data, told);
    Act act = {.kind = before ? "contest.replaced" : "contest.published",
        .by = by,
        .contest = told->slug,
        .files = files.files,
        .file_count = files.count,
        .data = data};
    act.says = before ? replaced_words(a, told, before, &files, rules, data) : published_words(a, told, rules);
    return record_act(db, a, &act, now, ret_leaf, fault);
}

/* ---- taken out, and there before ---- */

Err tell_withdrawn(Db *db, Arena *a, const Told *told, Officer by, Str reason, int64_t now, int64_t *ret_leaf, Fault *fault)
{
    View *data = view_object(a);
    FileList files = files_of(a, told, false);
    Str name = name_of(a, told), outcome = outcome_of(a, told);
    put_facts(a, data, told);
    Act act = {.kind = "contest.withdrawn",
        .by = by,
        .says = str_format(
            a, "The published result of %.*s was taken out, with its pages and files. It was: %.*s.", STR_ARG(name), STR_ARG(outcome)),
        .contest = told->slug,
        .reason = act_line(a, reason, ACT_REASON_MAX),
        .files = files.files,
        .file_count = files.count,
        .data = data};
    return record_act(db, a, &act, now, ret_leaf, fault);
}

Err tell_entered(Db *db, Arena *a, const Told *told, const ActFile *files, int file_count, int64_t published, int64_t now,
    int64_t *ret_leaf, Fault *fault)
{
    View *data = view_object(a);
    FileList list = {.files = arena_new(a, ActFile, (size_t)file_count + 1), .count = file_count};
    for (int i = 0; i < file_count; i++) {
        list.files[i] = files[i];
        list.files[i].name = file_name(a, files[i].name);
    }
    Str rules = add_rules(a, told, &list), name = name_of(a, told), outcome = outcome_of(a, told), when = time_words_utc(a, published);
    put_facts(a, data, told);
    view_put_str(data, S("published"), time_iso(a, published));
    Act act = {.kind = "contest.entered",
        .by = officer_program(),
        .says = str_format(a,
            "The result of %.*s, published here on %.*s, stood here when this record began: %.*s. It was counted by %.*s.", STR_ARG(name),
            STR_ARG(when), STR_ARG(outcome), STR_ARG(rules)),
        .contest = told->slug,
        .files = list.files,
        .file_count = list.count,
        .data = data};
    return record_act(db, a, &act, now, ret_leaf, fault);
}
