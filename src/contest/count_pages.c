/* Papers of one's own: counted in a process apart, kept when asked.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "contest/asked.h"
#include "contest/child.h"
#include "contest/own.h"
#include "contest/pages.h"

#include <sodium.h>

/* A packed Asked goes through forms as base64: papers of this size can be sent again. */
enum {
    AGAIN_BYTES_MAX = 1024 * 1024,
    AGAIN_TEXT_MAX = AGAIN_BYTES_MAX / 3 * 4 + 8,
    KEPT_TEXT_MAX = KEPT_BYTES_MAX / 3 * 4 + 8,
    PASTED_MAX = 1024 * 1024
};

/* ---- fields ---- */

static const Choice formats[] = {{"auto", "Find out"}, {"csv", "CSV"}, {"blt", "BLT"}, {"preflib", "PrefLib"}, {0}};

/* The presets, in the order of docs/counting-rules.md; a test compares them with those compiled in. */
#define PRESET_CHOICES                                                                                                                   \
    {"av-2011", "Alternative vote (one seat; preferences)"}, {"labour-2010", "Electoral college of 2010 (three sections)"},              \
        {"omov", "One member, one vote (one seat; preferences)"}, {"plurality", "Most votes wins (one cross, or the first preference)"}, \
        {"posts", "Several posts on one paper"}, {"yes-no", "Yes or no"},                                                                \
        {"stv-scottish", "Single transferable vote, Scottish rules (several seats)"},                                                    \
        {"stv-meek", "Single transferable vote, Meek's method"},                                                                         \
    {                                                                                                                                    \
        "condorcet", "Condorcet: one to one, by Schulze's method"                                                                        \
    }

static const Choice rules_choices[] = {PRESET_CHOICES, {"own", "Rules of my own, below"}, {0}};
static const Choice other_rules_choices[] = {PRESET_CHOICES, {0}};
static const Choice wants[] = {{"page", "Show the result"}, {"html", "Declaration (HTML)"}, {"csv", "Stages (CSV)"},
    {"json", "Everything (JSON)"}, {"svg", "Drawing (SVG)"}, {"text", "Report (plain text)"}, {0}};

#define OPTION_FIELDS(most)                                                                                                              \
    {"text", FIELD_TEXT, .max = (most), .label = "Papers, typed or pasted"},                                                             \
        {"format", FIELD_CHOICE, .choices = formats, .label = "Format", .standard = "auto"},                                             \
        {"title", FIELD_LINE, .max = ASKED_TITLE_MAX, .label = "What the contest is called", .hint = "If the papers do not say."},       \
        {"rules", FIELD_CHOICE, .choices = rules_choices, .label = "Rules", .standard = "av-2011"},                                      \
        {"own_rules", FIELD_TEXT, .max = 16384, .label = "Rules of your own", .hint = "In the form of docs/counting-rules.md."},         \
        {"seats", FIELD_NUMBER, .min = 1, .max = RULES_SEATS_MAX, .label = "Seats", .hint = "If neither the papers nor the rules say."}, \
    {                                                                                                                                    \
        "seed", FIELD_LINE,                                                                                                              \
            .max = 200, .label = "Seed for lots",                                                                                        \
            .hint = "Agreed in public before the count, so that nobody could have chosen it. Without one a lot is not drawn."            \
    }

const Field count_form_fields[] = {
    {"rules", FIELD_CHOICE, .choices = rules_choices}, {"seats", FIELD_NUMBER, .min = 1, .max = RULES_SEATS_MAX}, {0}};

const Field count_fields[] = {{"papers", FIELD_FILE, .repeats = true, .label = "File of papers",
                                  .hint = "CSV, BLT or PrefLib, gzipped or not. Several files are one contest."},
    {"sections", FIELD_TICK, .label = "Each file is a section", .hint = "For an electoral college: the file's name says which."},
    {"same", FIELD_TEXT, .max = AGAIN_TEXT_MAX}, {"other_rules", FIELD_CHOICE, .choices = other_rules_choices},
    {"want", FIELD_CHOICE, .choices = wants, .label = "What would you like?", .standard = "page"}, OPTION_FIELDS(PASTED_MAX), {0}};

const Field kept_new_fields[] = {{"same", FIELD_TEXT, .max = KEPT_TEXT_MAX}, OPTION_FIELDS(KEPT_BYTES_MAX), {0}};
const Field kept_fields[] = {{"kept", FIELD_TOKEN, .required = true}, {0}};
const Field kept_delete_fields[] = {{"kept", FIELD_TOKEN, .required = true},
    {"word", FIELD_LINE, .required = true, .max = 40, .label = "The word for deleting",
        .hint = "It was shown once, when the count was kept."},
    {0}};

/* ---- the form ---- */

static Err put_presets(Req *req, View *view)
{
    View *presets = view_put_array(view, S("presets"));
    for (int i = 0; i < rules_preset_count(); i++) {
        Rules *rules;
        Err e = rules_parse(req->arena, rules_preset_text(rules_preset_name(i)), rules_preset_name(i), &rules, &req->fault);
        if (e) return e;
        View *preset = view_add_object(presets);
        view_put_str(preset, S("name"), rules_preset_name(i));
        view_put_str(preset, S("title"), rules->title);
    }
    return ERR_OK;
}

Err count_form(Req *req, View *view)
{
    if (req->route->method == GET && req_given(req, "rules")) req_prefill(req, "rules", req_text(req, "rules"));
    if (req->route->method == GET && req_given(req, "seats"))
        req_prefill(req, "seats", str_format(req->arena, "%lld", (long long)req_number(req, "seats")));
    return put_presets(req, view);
}

Err count_formats(Req *req, View *view)
{
    return put_presets(req, view);
}

/* ---- what is asked ---- */

static Str base64(Arena *a, Str bytes)
{
    size_t room = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = arena_new(a, char, room);
    sodium_bin2base64(text, room, (const unsigned char *)bytes.ptr, bytes.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return (Str){text, room - 1};
}

static bool base64_back(Arena *a, Str text, Str *ret_bytes)
{
    size_t room = text.len / 4 * 3 + 3, length = 0;
    unsigned char *bytes = arena_new(a, unsigned char, room);
    const char *end = NULL;
    if (sodium_base642bin(bytes, room, text.ptr, text.len, NULL, &length, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return false;
    *ret_bytes = (Str){(const char *)bytes, length};
    return end == text.ptr + text.len;
}

static Err read_same(Req *req, Asked *asked)
{
    Str bytes;
    View *view;
    bool good = base64_back(req->arena, req_text(req, "same"), &bytes) && !view_unpack(req->arena, bytes, &view) &&
                !asked_read(view, asked);
    return good ? ERR_OK : req_fail(req, ERR_INPUT, "What was to be counted again arrived damaged. Please choose the papers once more.");
}

static Err add_text(Req *req, Asked *asked)
{
    if (!req_given(req, "text")) return ERR_OK;
    if (asked->file_count == ASKED_FILES_MAX) return req_wrong(req, "text", "At most %d files and texts", ASKED_FILES_MAX);
    asked->files[asked->file_count++] = (CountedFile){.name = S("what was typed"), .bytes = req_text(req, "text")};
    return ERR_OK;
}

static Err add_uploads(Req *req, Asked *asked)
{
    const Upload *uploads;
    int count = req_uploads(req, "papers", &uploads);
    if (count > ASKED_FILES_MAX) return req_wrong(req, "papers", "Choose at most %d files", ASKED_FILES_MAX);
    for (int i = 0; i < count; i++) {
        Str name = uploads[i].file_name.len && uploads[i].file_name.len <= 200 ? uploads[i].file_name
                                                                               : str_format(req->arena, "file %d", i + 1);
        asked->files[asked->file_count++] = (CountedFile){.name = name, .bytes = uploads[i].bytes};
    }
    return ERR_OK;
}

static Str text_or(const Req *req, const char *field, Str standard)
{
    return req_given(req, field) ? req_text(req, field) : standard;
}

/* The fields that both forms have. */
static Err read_options(Req *req, Asked *asked)
{
    asked->title = req_text(req, "title");
    asked->format = text_or(req, "format", S("auto"));
    asked->rules = text_or(req, "rules", req_given(req, "own_rules") ? S("own") : S("av-2011"));
    asked->own_rules = req_text(req, "own_rules");
    asked->seats = req_number(req, "seats");
    asked->seed = req_text(req, "seed");
    asked->want = S("page");
    if (str_equal(asked->rules, S("own")) && !asked->own_rules.len)
        return req_wrong(req, "own_rules", "Write the rules, or choose some above");
    return ERR_OK;
}

static Err read_asked(Req *req, Asked *asked)
{
    *asked = (Asked){0};
    if (req_given(req, "same")) {
        Err e = read_same(req, asked);
        if (e) return e;
        if (req_given(req, "other_rules")) asked->rules = req_text(req, "other_rules");
    } else {
        Err e = read_options(req, asked);
        if (!e) e = add_uploads(req, asked);
        if (!e && req_ticked(req, "sections")) asked_sections(req->arena, asked);
        if (!e) e = add_text(req, asked);
        if (e) return e;
        if (!asked->file_count) return req_wrong(req, "papers", "Choose a file of papers, or type them");
    }
    asked->want = text_or(req, "want", S("page"));
    return ERR_OK;
}

static Str pack_asked(Arena *a, const Asked *asked)
{
    Buf b = buf_new(a);
    view_pack(asked_view(a, asked), &b);
    return buf_done(&b);
}

/* ---- faults ---- */

static const char *field_of(CountingPart part, const Asked *asked)
{
    switch (part) {
    case PART_RULES: return str_equal(asked->rules, S("own")) ? "own_rules" : "rules";
    case PART_SEATS: return "seats";
    case PART_SEED: return "seed";
    case PART_PAPERS:
    case PART_COMPARE:
    case PART_OTHER: break;
    }
    bool typed = asked->file_count == 1 && str_equal(asked->files[0].name, S("what was typed"));
    return typed ? "text" : "papers";
}

/* Next to the field, with file, line and column. */
static Err tell_fault(Req *req, const Asked *asked, CountingPart part, const Fault *fault)
{
    Str words = fault_text(req->arena, fault);
    return req_wrong(req, req_given(req, "same") ? NULL : field_of(part, asked), "%.*s", STR_ARG(words));
}

static Str str_of(const View *view, const char *key)
{
    const View *v = view_get(view, str_from_c(key));
    return v && view_kind(v) == VIEW_STR ? view_str(v) : (Str){0};
}

static int64_t number_of(const View *view, const char *key)
{
    const View *v = view_get(view, str_from_c(key));
    return v && view_kind(v) == VIEW_I64 ? view_i64(v) : 0;
}

static Err tell_answer(Req *req, const Asked *asked, const View *answer)
{
    int64_t part = number_of(answer, "part");
    Fault fault = {.err = ERR_INPUT,
        .file = str_of(answer, "file"),
        .line = number_of(answer, "line"),
        .column = number_of(answer, "column"),
        .expected = str_of(answer, "expected"),
        .found = str_of(answer, "found")};
    return tell_fault(req, asked, part >= PART_PAPERS && part <= PART_OTHER ? (CountingPart)part : PART_OTHER, &fault);
}

static Err tell_end(Req *req, const Asked *asked, ChildEnd end)
{
    const char *field = req_given(req, "same") ? NULL : field_of(PART_PAPERS, asked);
    switch (end) {
    case CHILD_TOO_LONG:
        return req_wrong(req, field,
            "This count took longer than the %d seconds that a visitor's count may take. The program itself has no such limit.",
            CHILD_CPU_SECONDS);
    case CHILD_TOO_LARGE:
        return req_wrong(req, field,
            "This count needed more than the %d MiB of memory that a visitor's count may take. The program itself has no such limit.",
            CHILD_MEMORY_MB);
    case CHILD_DIED:
        return req_wrong(
            req, field, "The count broke off. That is a mistake in this program, not in your papers; nothing of them was kept.");
    case CHILD_NOT_STARTED: return req_fail(req, ERR_IO, "No count can be started at the moment. Please try again in a minute.");
    case CHILD_ANSWERED: break;
    }
    return ERR_OK;
}

/* ---- the result ---- */

/* Count apart, and take the answer over. A fault of the count is told at the form. */
static Err count_apart(Req *req, const Asked *asked, Str packed, View **ret_answer)
{
    ChildOptions options = {0};
    ChildEnd end = child_count(req->arena, packed, &options, ret_answer);
    if (end != CHILD_ANSWERED) return tell_end(req, asked, end);
    const View *ok = view_get(*ret_answer, S("ok"));
    return ok && view_kind(ok) == VIEW_BOOL && view_i64(ok) ? ERR_OK : tell_answer(req, asked, *ret_answer);
}

static const char *const shown_parts[] = {"contest", "overview", "stages", "pairs", "other_rules", "close"};

/* The parts of the answer's views, copied into the page's view. */
static Err put_views(Req *req, const View *answer, View *view, Str path)
{
    const View *views = view_get(answer, S("views"));
    for (int i = 0; i < COUNT_OF(shown_parts); i++) {
        const View *part = view_get(views, str_from_c(shown_parts[i]));
        if (!part || view_kind(part) != VIEW_OBJECT) return req_fail(req, ERR_IO, "The count gave an answer that cannot be shown.");
        View *copy = view_copy(req->arena, part);
        if (i == 0) view_put_str(copy, S("path"), path);
        if (i == 0) view_put_str(copy, S("date_words"), S(""));
        view_put(view, str_from_c(shown_parts[i]), copy);
    }
    return ERR_OK;
}

static Err send_document(Req *req, const Asked *asked, const View *document)
{
    Str name = str_of(document, "name"), title = slug_of_name(req->arena, asked->title.len ? asked->title : S("count"));
    req_send(req, str_of(document, "type"), str_of(document, "bytes"), str_format(req->arena, "%.*s-%.*s", STR_ARG(title), STR_ARG(name)));
    return ERR_OK;
}

static void add_choice(View *array, const Choice *choice, bool here)
{
    View *v = view_add_object(array);
    view_put_str(v, S("value"), str_from_c(choice->value));
    view_put_str(v, S("label"), str_from_c(choice->label));
    view_put_bool(v, S("here"), here);
}

static void put_again(Req *req, const Asked *asked, Str packed, View *view)
{
    if (packed.len > AGAIN_BYTES_MAX) {
        view_put_null(view, S("again"));
        return;
    }
    View *again = view_put_object(view, S("again"));
    View *field = view_add_object(view_put_array(again, S("fields")));
    view_put_str(field, S("name"), S("same"));
    view_put_str(field, S("value"), base64(req->arena, packed));
    View *buttons = view_put_array(again, S("wants"));
    for (const Choice *want = wants + 1; want->value; want++) add_choice(buttons, want, false);
    View *rules = view_put_array(again, S("rules"));
    for (const Choice *choice = other_rules_choices; choice->value; choice++)
        add_choice(rules, choice, str_equal(asked->rules, str_from_c(choice->value)));
}

static void put_keep(const Asked *asked, Str packed, View *view)
{
    (void)asked;
    if (packed.len > KEPT_BYTES_MAX) {
        view_put_null(view, S("keep"));
        return;
    }
    View *keep = view_put_object(view, S("keep"));
    view_put_str(keep, S("path"), S("/kept"));
    view_put_i64(keep, S("days"), KEPT_DAYS);
}

Err count_result(Req *req, View *view)
{
    Asked asked = {0};
    View *answer;
    Err e = read_asked(req, &asked);
    if (e) return e;
    Str packed = pack_asked(req->arena, &asked);
    e = count_apart(req, &asked, packed, &answer);
    if (e) return e;
    const View *document = view_get(answer, S("document"));
    if (document) return send_document(req, &asked, document);
    e = put_views(req, answer, view, S("/count"));
    if (e) return e;
    req_title(req, str_of(view_get(view, S("contest")), "title"));
    const View *count = view_get(view_get(answer, S("views")), S("count"));
    if (count) view_put(view, S("count"), view_copy(req->arena, count));
    put_again(req, &asked, packed, view);
    put_keep(&asked, packed, view);
    return ERR_OK;
}

/* ---- kept counts ---- */

/* From prepare to write. */
typedef struct Keeping {
    Str token, word, asked;
} Keeping;

/* Can they be counted? What is not small is read apart, as a count would: a few KiB of gzip can hold more than the server should ever unpack. */
static Err check(Req *req, Asked asked)
{
    View *answer;
    CountingPart part = PART_OTHER;
    Fault fault = {0};
    if (asked_is_small(&asked)) return asked_check(req->arena, &asked, &part, &fault) ? tell_fault(req, &asked, part, &fault) : ERR_OK;
    asked.want = ASKED_CHECK;
    return count_apart(req, &asked, pack_asked(req->arena, &asked), &answer);
}

/* Everything that needs no store: papers are read before, so that nothing is kept that no count could use. */
Err kept_prepare(Req *req, View *view)
{
    (void)view;
    Asked asked = {0};
    Err e = req_given(req, "same") ? read_same(req, &asked) : read_options(req, &asked);
    if (!e && !req_given(req, "same")) e = add_text(req, &asked);
    if (e) return e;
    if (!asked.file_count) return req_wrong(req, "text", "Type the papers that are to be kept");
    asked.want = S("page");
    Keeping *keeping = arena_new(req->arena, Keeping, 1);
    keeping->asked = pack_asked(req->arena, &asked);
    if (keeping->asked.len > KEPT_BYTES_MAX)
        return req_fail(
            req, ERR_LIMIT, "Papers, rules and options of a count that is kept may have at most %d KiB together.", KEPT_BYTES_MAX / 1024);
    e = check(req, asked);
    if (e) return e;
    keeping->token = req_new_id(req);
    keeping->word = req_new_token(req);
    req->room = keeping;
    return ERR_OK;
}

Err kept_make(Req *req, Db *db, View *answer)
{
    const Keeping *keeping = req->room;
    Err e = kept_add(db, keeping->token, keeping->word, keeping->asked, req->now);
    if (e == ERR_LIMIT) return req_fail(req, e, "No more counts can be kept here at the moment. Save the result as a file instead.");
    if (e) return e;
    view_put_str(answer, S("path"), str_format(req->arena, "/kept/%.*s", STR_ARG(keeping->token)));
    view_put_str(answer, S("word"), keeping->word);
    view_put_i64(answer, S("days"), KEPT_DAYS);
    req_redirect(req, "/kept/%.*s", STR_ARG(keeping->token));
    req_flash(req,
        "This count is kept for %d days at the address above. To delete it before, you need this word, which is not shown again: %.*s",
        KEPT_DAYS, STR_ARG(keeping->word));
    return ERR_OK;
}

static Err find_kept(Req *req, KeptCount *ret_kept, Asked *ret_asked)
{
    Err e = kept_get(req->db, req->arena, req_text(req, "kept"), req->now, ret_kept);
    if (e == ERR_MISSING) return req_fail(req, e, "No count is kept at this address. Counts are deleted after %d days.", KEPT_DAYS);
    if (!e && asked_read(ret_kept->asked, ret_asked)) e = ERR_IO;
    return e;
}

Err kept_show(Req *req, View *view)
{
    KeptCount kept;
    Asked asked = {0};
    View *answer = NULL;
    Err e = find_kept(req, &kept, &asked);
    if (e) return e;
    ChildOptions options = {0};
    ChildEnd end = child_count(req->arena, pack_asked(req->arena, &asked), &options, &answer);
    if (end != CHILD_ANSWERED || !view_get(answer, S("views")))
        return req_fail(req, ERR_IO, "This count cannot be made at the moment. Its papers are still kept.");
    Str path = str_format(req->arena, "/kept/%.*s", STR_ARG(req_text(req, "kept")));
    e = put_views(req, answer, view, path);
    if (e) return e;
    req_title(req, str_of(view_get(view, S("contest")), "title"));
    view_put_str(view, S("made_words"), time_words(req->arena, kept.made));
    view_put_str(view, S("expires_words"), time_words(req->arena, kept.ends));
    view_put_str(view, S("own_path"), path);
    view_put_str(view, S("text_path"), str_format(req->arena, "%.*s/papers", STR_ARG(path)));
    return ERR_OK;
}

/* What was sent: one file as it is; several after one another, each under its name. Gzipped ones stay gzipped in that case, and cannot be read so: one
 * line says it. */
Err kept_asked(Req *req, View *view)
{
    (void)view;
    KeptCount kept;
    Asked asked = {0};
    Err e = find_kept(req, &kept, &asked);
    if (e) return e;
    Buf b = buf_new(req->arena);
    view_json(asked_view(req->arena, &asked), &b, true);
    req_send(req, S("application/json"), buf_done(&b), S("kept-count.json"));
    return ERR_OK;
}

Err kept_delete_form(Req *req, View *view)
{
    KeptCount kept;
    Asked asked = {0};
    Err e = find_kept(req, &kept, &asked);
    if (e) return e;
    View *contest = view_put_object(view, S("contest"));
    view_put_str(contest, S("title"), asked.title.len ? asked.title : S("Count of papers"));
    view_put_str(contest, S("path"), str_format(req->arena, "/kept/%.*s", STR_ARG(req_text(req, "kept"))));
    return ERR_OK;
}

Err kept_delete_now(Req *req, Db *db, View *answer)
{
    Err e = kept_delete(db, req->arena, req_text(req, "kept"), req_text(req, "word"), req->now);
    if (e == ERR_MISSING) return req_fail(req, e, "No count is kept at this address.");
    if (e == ERR_DENIED) return req_wrong(req, "word", "That is not the word that was shown when this count was kept");
    if (e) return e;
    view_put_bool(answer, S("deleted"), true);
    req_redirect(req, "/count");
    req_flash(req, "The count was deleted.");
    return ERR_OK;
}
