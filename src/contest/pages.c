/* The pages of published contests, and the room's route table.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "contest/pages.h"

#include "contest/own.h"
#include "core/log.h"
#include "record/record.h"

enum { HOME_MOST = 12, LIST_MOST = 50, LIST_PAGES_MOST = 1000000, COUNT_BODY_MAX = 16 * 1024 * 1024, KEPT_BODY_MAX = 256 * 1024 };

static const char GONE[] = "There is no contest at this address.";

/* ---- lists ---- */

static void put_entry(Req *req, View *contests, const DbRows *rows)
{
    View *v = view_add_object(contests);
    view_put_str(v, S("slug"), db_text(rows, "slug"));
    view_put_str(v, S("title"), db_text(rows, "title"));
    view_put_str(v, S("date"), db_text(rows, "date"));
    view_put_str(v, S("date_words"), date_words(req->arena, db_text(rows, "date")));
    view_put_str(v, S("place"), db_text(rows, "place"));
    view_put_str(v, S("outcome"), db_text(rows, "outcome"));
    view_put_bool(v, S("open"), db_i64(rows, "open"));
    view_put_bool(v, S("is_totals"), db_i64(rows, "totals"));
    view_put_bool(v, S("has_note"), db_text(rows, "note").len > 0);
    view_put_str(v, S("path"), str_format(req->arena, "/contests/%.*s", STR_ARG(db_text(rows, "slug"))));
}

static Err home(Req *req, View *view)
{
    DbRows rows;
    Err e = db_query(req->db, req->arena, "contest_newest", DB_VALUES(db_number(HOME_MOST + 1)), &rows);
    if (e) return e;
    view_put_str(view, S("count_path"), S("/count"));
    View *entries = view_put_array(view, S("contests"));
    for (int i = 0; i < HOME_MOST && db_next(&rows); i++) put_entry(req, entries, &rows);
    view_put_bool(view, S("more"), rows.count > HOME_MOST);
    return ERR_OK;
}

/* What holds `words` somewhere. */
static Str pattern_of(Arena *a, Str words)
{
    Buf b = buf_new(a);
    buf_byte(&b, '%');
    for (size_t i = 0; i < words.len; i++) {
        if (words.ptr[i] == '%' || words.ptr[i] == '_' || words.ptr[i] == '!') buf_byte(&b, '!');
        buf_byte(&b, words.ptr[i]);
    }
    buf_byte(&b, '%');
    return buf_done(&b);
}

static Str encoded(Arena *a, Str text)
{
    Buf b = buf_new(a);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
        if (plain) buf_byte(&b, c);
        else if (c == ' ') buf_byte(&b, '+');
        else buf_format(&b, "%%%02X", (unsigned)(unsigned char)c);
    }
    return buf_done(&b);
}

/* The address of a page of the list; empty when there is no such page. */
static Str list_path(Req *req, int64_t page, int64_t pages)
{
    Str words = req_text(req, "find");
    if (page < 1 || page > pages) return S("");
    Buf b = buf_new(req->arena);
    buf_str(&b, S("/contests"));
    if (words.len) buf_format(&b, "?find=%.*s", STR_ARG(encoded(req->arena, words)));
    if (page > 1) buf_format(&b, "%cpage=%lld", words.len ? '&' : '?', (long long)page);
    return buf_done(&b);
}

static void put_pages(Req *req, View *view, int64_t page, int64_t found)
{
    int64_t pages = found > 0 ? (found + LIST_MOST - 1) / LIST_MOST : 1;
    view_put_str(view, S("find"), req_text(req, "find"));
    view_put_i64(view, S("found"), found);
    view_put_bool(view, S("found_one"), found == 1);
    view_put_i64(view, S("page_number"), page);
    view_put_i64(view, S("page_count"), pages);
    view_put_bool(view, S("several_pages"), pages > 1);
    view_put_str(view, S("previous_path"), list_path(req, page - 1, pages));
    view_put_str(view, S("next_path"), list_path(req, page + 1, pages));
}

static Err contests(Req *req, View *view)
{
    Arena *a = req->arena;
    DbRows rows;
    Str pattern = pattern_of(a, req_text(req, "find"));
    int64_t page = req_given(req, "page") ? req_number(req, "page") : 1, first = (page - 1) * LIST_MOST;
    Err e = db_one(req->db, a, "contest_found_count", DB_VALUES(db_string(pattern)), &rows);
    if (e) return e;
    int64_t found = db_i64(&rows, "contests");
    if (page > 1 && first >= found) return req_fail(req, ERR_MISSING, "The list of contests has fewer pages than that.");
    e = db_query(req->db, a, "contest_found", DB_VALUES(db_string(pattern), db_number(first), db_number(LIST_MOST)), &rows);
    if (e) return e;
    View *entries = view_put_array(view, S("contests"));
    while (db_next(&rows)) put_entry(req, entries, &rows);
    put_pages(req, view, page, found);
    if (page > 1) req_title(req, str_format(a, "Contests, page %lld", (long long)page));
    return ERR_OK;
}

/* ---- one contest ---- */

typedef struct Tab {
    const char *name, *path;
} Tab;

static const Tab tabs[] = {{"Overview", ""}, {"Stage by stage", "/stages"}, {"Head to heads", "/head-to-heads"},
    {"Other rules", "/other-rules"}, {"How close", "/how-close"}, {"Files", "/files"}};

/* "contest" gets what only a page knows: its paths, its date in words. */
static void page_contest(Req *req, View *contest, Str path)
{
    Str base = str_format(req->arena, "/contests/%.*s", STR_ARG(view_str(view_get(contest, S("slug")))));
    view_put_str(contest, S("path"), base);
    view_put_str(contest, S("date_words"), date_words(req->arena, view_str(view_get(contest, S("date")))));
    view_put_str(contest, S("declaration_path"), str_format(req->arena, "%.*s/declaration", STR_ARG(base)));
    view_put_str(contest, S("csv_path"), str_format(req->arena, "%.*s/stages.csv", STR_ARG(base)));
    view_put_str(contest, S("svg_path"), str_format(req->arena, "%.*s/chart.svg", STR_ARG(base)));
    View *array = view_put_array(contest, S("tabs"));
    for (int i = 0; i < COUNT_OF(tabs); i++) {
        View *tab = view_add_object(array);
        view_put_str(tab, S("name"), str_from_c(tabs[i].name));
        view_put_str(tab, S("path"), str_format(req->arena, "%.*s%s", STR_ARG(base), tabs[i].path));
        view_put_bool(tab, S("here"), str_equal(path, str_from_c(tabs[i].path)));
    }
}

/* ---- in the record ---- */

typedef struct Acted {
    const char *kind, *words;
    Leaf leaf; /* number -1: it is not in the record */
} Acted;

static Err find_acted(Req *req, Str slug, Acted *acted)
{
    Err e = record_newest(req->db, req->arena, acted->kind, slug, &acted->leaf);
    if (e == ERR_MISSING) acted->leaf = (Leaf){.number = -1};
    return e == ERR_MISSING ? ERR_OK : e;
}

static void put_acted(Req *req, View *array, const Acted *acted)
{
    Arena *a = req->arena;
    const Leaf *leaf = &acted->leaf;
    View *v = view_add_object(array);
    view_put_str(v, S("words"), str_from_c(acted->words));
    view_put_str(v, S("name"), leaf->by.name);
    view_put_str(v, S("role"), leaf->by.role);
    view_put_bool(v, S("is_program"), str_equal(leaf->by.role, S("program")));
    view_put_str(v, S("at"), time_iso(a, leaf->at));
    view_put_str(v, S("at_words"), time_words(a, leaf->at));
    view_put_i64(v, S("entry"), leaf->number);
    view_put_str(v, S("entry_path"), str_format(a, "/record/leaves/%lld", (long long)leaf->number));
    view_put_str(v, S("proof_path"), str_format(a, "/record/leaves/%lld/proof", (long long)leaf->number));
}

/* The acts by which the contest is here as it is: how it came, and how it was last replaced since then. Looked up for each page: the views of a publication
 * are stored, and its entry is written in the same transaction. */
static Err put_acts(Req *req, View *contest)
{
    Str slug = view_str(view_get(contest, S("slug")));
    Acted published = {.kind = "contest.published", .words = "Published"}, replaced = {.kind = "contest.replaced", .words = "Replaced"},
          entered = {.kind = "contest.entered", .words = "Published before there was a record; entered there"};
    Err e = find_acted(req, slug, &published);
    if (!e) e = find_acted(req, slug, &entered);
    if (!e) e = find_acted(req, slug, &replaced);
    if (e) return e;
    const Acted *came = published.leaf.number > entered.leaf.number ? &published : &entered;
    View *acts = view_put_array(contest, S("acts"));
    if (replaced.leaf.number > came->leaf.number) put_acted(req, acts, &replaced);
    if (came->leaf.number >= 0) put_acted(req, acts, came);
    view_put_str(contest, S("record_path"), str_format(req->arena, "/record?contest=%.*s", STR_ARG(slug)));
    return ERR_OK;
}

/* Whoever looks for what was taken out is led to the entry that says who did it. */
static Err see_withdrawn(Req *req, Str slug)
{
    Acted withdrawn = {.kind = "contest.withdrawn"};
    Err e = find_acted(req, slug, &withdrawn);
    if (!e && withdrawn.leaf.number >= 0)
        req_see(req, str_format(req->arena, "/record/leaves/%lld", (long long)withdrawn.leaf.number),
            str_format(req->arena, "Who took it out: entry %lld of the public record", (long long)withdrawn.leaf.number));
    return e;
}

/* ---- parts ---- */

/* Nothing is at the address: say what was. */
static Err gone(Req *req, Str slug)
{
    DbRows rows;
    Err e = db_one(req->db, req->arena, "contest_removed_by_slug", DB_VALUES(db_string(slug)), &rows);
    if (e == ERR_MISSING) return req_fail(req, ERR_MISSING, "%s", GONE);
    if (!e) e = see_withdrawn(req, slug);
    if (e) return e;
    Str title = db_text(&rows, "title"), reason = db_text(&rows, "reason"), when = time_words(req->arena, db_i64(&rows, "removed"));
    return req_fail(req, ERR_MISSING, "%.*s was published here and was taken out on %.*s. The reason given: %.*s", STR_ARG(title),
        STR_ARG(when), STR_ARG(reason));
}

static Err load_part(Req *req, const char *name, View **ret_part)
{
    Str slug = req_text(req, "contest");
    Err e = contest_view(req->db, req->arena, slug, str_from_c(name), ret_part);
    return e == ERR_MISSING ? gone(req, slug) : e;
}

/* The head of the contest, and the part that this page is about. */
static Err show(Req *req, View *view, const char *tab, const char *part)
{
    View *contest, *shown;
    Err e = load_part(req, "contest", &contest);
    if (!e) e = load_part(req, part, &shown);
    if (e) return e;
    page_contest(req, contest, str_from_c(tab));
    if (!*tab) e = put_acts(req, contest);
    if (e) return e;
    req_title(req, *tab ? str_format(req->arena, "%s: %.*s", req->route->title, STR_ARG(view_str(view_get(contest, S("title")))))
                        : view_str(view_get(contest, S("title"))));
    view_put(view, S("contest"), contest);
    view_put(view, str_from_c(part), shown);
    return ERR_OK;
}

static Err overview(Req *req, View *view)
{
    return show(req, view, "", "overview");
}

static Err stages(Req *req, View *view)
{
    View *count;
    Err e = show(req, view, "/stages", "stages");
    if (!e) e = load_part(req, "count", &count);
    if (!e) view_put(view, S("count"), count);
    return e;
}

static Err pairs(Req *req, View *view)
{
    return show(req, view, "/head-to-heads", "pairs");
}

static Err other_rules(Req *req, View *view)
{
    return show(req, view, "/other-rules", "other_rules");
}

static Err how_close(Req *req, View *view)
{
    return show(req, view, "/how-close", "close");
}

static Err files(Req *req, View *view)
{
    return show(req, view, "/files", "files");
}

/* ---- downloads ---- */

static Str type_of(Str name)
{
    static const Str types[][2] = {{S(".csv"), S("text/csv; charset=utf-8")}, {S(".json"), S("application/json")},
        {S(".gz"), S("application/gzip")}, {S(".blt"), S("text/plain; charset=utf-8")}, {S(".rules"), S("text/plain; charset=utf-8")},
        {S(".conf"), S("text/plain; charset=utf-8")}, {S(".ini"), S("text/plain; charset=utf-8")},
        {S(".md"), S("text/markdown; charset=utf-8")}, {S(".txt"), S("text/plain; charset=utf-8")}};
    for (int i = 0; i < COUNT_OF(types); i++)
        if (str_ends(name, types[i][0])) return types[i][1];
    return S("application/octet-stream");
}

static Err file(Req *req, View *view)
{
    (void)view;
    PublicationFile found;
    Str slug = req_text(req, "contest");
    Err e = contest_file(req->db, req->arena, slug, req_text(req, "name"), &found);
    if (e == ERR_MISSING) return gone(req, slug);
    if (!e) req_send(req, type_of(found.name), found.bytes, found.name);
    return e;
}

static Err send_document(Req *req, const char *which)
{
    View *document;
    Err e = load_part(req, which, &document);
    if (e) return e;
    Str name = str_format(req->arena, "%.*s-%.*s", STR_ARG(req_text(req, "contest")), STR_ARG(view_str(view_get(document, S("name")))));
    req_send(req, view_str(view_get(document, S("type"))), view_str(view_get(document, S("text"))), name);
    return ERR_OK;
}

static Err declaration(Req *req, View *view)
{
    (void)view;
    return send_document(req, "declaration");
}

static Err stages_csv(Req *req, View *view)
{
    (void)view;
    return send_document(req, "csv");
}

static Err chart_svg(Req *req, View *view)
{
    (void)view;
    return send_document(req, "svg");
}

/* ---- taking out ---- */

static Err unpublish_form(Req *req, View *view)
{
    View *contest;
    Err e = load_part(req, "contest", &contest);
    if (e) return e;
    page_contest(req, contest, S("/unpublish"));
    view_put(view, S("contest"), contest);
    return ERR_OK;
}

static Err unpublish(Req *req, Db *db, View *answer)
{
    Str slug = req_text(req, "contest");
    Err e = contest_unpublish(db, req->arena, slug, req_text(req, "reason"), req->officer, req->now, &req->fault);
    if (e == ERR_MISSING) return req_fail(req, e, "%s", GONE);
    if (e) return e;
    view_put_str(answer, S("slug"), slug);
    req_redirect(req, "/contests");
    req_flash(req, "The contest was taken out.");
    return ERR_OK;
}

/* ---- the table ---- */

static const Field list_fields[] = {
    {"find", FIELD_LINE, .max = 100, .label = "Find"}, {"page", FIELD_NUMBER, .min = 1, .max = LIST_PAGES_MOST}, {0}};
static const Field contest_fields[] = {{"contest", FIELD_SLUG, .required = true}, {0}};
static const Field file_fields[] = {{"contest", FIELD_SLUG, .required = true}, {"name", FIELD_SLUG, .required = true}, {0}};
static const Field unpublish_fields[] = {{"contest", FIELD_SLUG, .required = true},
    {"reason", FIELD_LINE, .required = true, .min = 3, .max = 500, .label = "Why it is taken out",
        .hint = "Everybody who looks for the contest will read this."},
    {0}};

static const Route routes[] = {
    {GET, "/", WHO_ANYONE, "Counted in the open", "The newest published contests.", .page = home, .html = "home", .topic = "contests"},
    {GET, "/contests", WHO_ANYONE, "Contests", "All published contests, the newest first, fifty a page; those that say `find`.",
        list_fields, .page = contests, .html = "contests", .topic = "contests", .nav = "Contests"},
    {GET, "/contests/:contest", WHO_ANYONE, "Contest", "Who was elected, with the main figures.", contest_fields, .page = overview,
        .html = "overview", .topic = "contest::contest"},
    {GET, "/contests/:contest/stages", WHO_ANYONE, "Stage by stage",
        "Every stage of the count; as JSON with the object of docs/json.md as `count`.", contest_fields, .page = stages, .html = "stages",
        .topic = "contest::contest"},
    {GET, "/contests/:contest/head-to-heads", WHO_ANYONE, "Head to heads",
        "How the papers ranked any two candidates, and next preferences.", contest_fields, .page = pairs, .html = "pairs",
        .topic = "contest::contest"},
    {GET, "/contests/:contest/other-rules", WHO_ANYONE, "Other rules", "The same papers under other rules.", contest_fields,
        .page = other_rules, .html = "other_rules", .topic = "contest::contest"},
    {GET, "/contests/:contest/how-close", WHO_ANYONE, "How close it was", "How few changed papers would have changed who was elected.",
        contest_fields, .page = how_close, .html = "close", .topic = "contest::contest"},
    {GET, "/contests/:contest/files", WHO_ANYONE, "Files and sources", "All that the result was counted from.", contest_fields,
        .page = files, .html = "files", .topic = "contest::contest"},
    {GET, "/contests/:contest/files/:name", WHO_ANYONE, "A file", "A file as it was published, byte for byte.", file_fields, .page = file,
        .heavy = true, .no_json = true, .topic = "contest::contest"},
    {GET, "/contests/:contest/declaration", WHO_ANYONE, "Declaration", "One HTML file that holds all of the result and fetches nothing.",
        contest_fields, .page = declaration, .no_json = true, .topic = "contest::contest"},
    {GET, "/contests/:contest/stages.csv", WHO_ANYONE, "The stages as a table", "One row a stage and candidate.", contest_fields,
        .page = stages_csv, .no_json = true, .topic = "contest::contest"},
    {GET, "/contests/:contest/chart.svg", WHO_ANYONE, "The drawing", "Stage bars and transfers.", contest_fields, .page = chart_svg,
        .no_json = true, .topic = "contest::contest"},
    {GET, "/contests/:contest/unpublish", WHO_STEWARD, "Take a contest out", NULL, contest_fields, .page = unpublish_form,
        .html = "unpublish", .posts = "/contests/:contest/unpublish"},
    {POST, "/contests/:contest/unpublish", WHO_STEWARD, "Take a contest out",
        "Its pages and files go; that it was there, and the reason, stay.", unpublish_fields, .write = unpublish,
        .act = "contest.withdrawn", .form = "unpublish", .form_page = unpublish_form, .rate = RATE_WRITE},

    {GET, "/count", WHO_ANYONE, "Count papers of your own", "The form for papers and rules.", count_form_fields, .page = count_form,
        .html = "count", .posts = "/count", .nav = "Count your own"},
    {GET, "/count/formats", WHO_ANYONE, "Files that can be counted", "Formats, with small examples.", .page = count_formats,
        .html = "formats"},
    {POST, "/count", WHO_ANYONE, "The result", "Counts the papers sent, by the rules chosen, and keeps nothing.", count_fields,
        .page = count_result, .html = "result", .form = "count", .form_page = count_form, .body_max = COUNT_BODY_MAX, .rate = RATE_WORK,
        .heavy = true},

    {POST, "/kept", WHO_ANYONE, "Keep a count", "Keeps papers, rules and options under an unguessable address for 30 days.",
        kept_new_fields, .prepare = kept_prepare, .write = kept_make, .act = "none: a visitor keeps a count of her own", .form = "count",
        .form_page = count_form, .body_max = KEPT_BODY_MAX, .rate = RATE_WORK, .heavy = true},
    {GET, "/kept/:kept", WHO_ANYONE, "A count that was kept", "Counted again from what was kept.", kept_fields, .page = kept_show,
        .html = "kept", .rate = RATE_WORK, .heavy = true},
    {GET, "/kept/:kept/papers", WHO_ANYONE, "Papers and rules of a count that was kept", "As they were sent.", kept_fields,
        .page = kept_asked, .no_json = true},
    {GET, "/kept/:kept/delete", WHO_ANYONE, "Delete a count that was kept", NULL, kept_fields, .page = kept_delete_form,
        .html = "kept_delete", .posts = "/kept/:kept/delete"},
    {POST, "/kept/:kept/delete", WHO_ANYONE, "Delete a count that was kept", "With the word that was shown when it was kept.",
        kept_delete_fields, .write = kept_delete_now, .act = "none: a visitor deletes what she kept", .form = "kept_delete",
        .form_page = kept_delete_form, .rate = RATE_WRITE},
};

/* ---- at the start ---- */

static void log_recount(void *context, Str slug, const Fault *fault)
{
    Arena *a = context;
    const char *contest = log_value(a, slug);
    if (!fault) log_line(LOG_INFO, "contest_counted_again", "contest=%s", contest);
    else log_line(LOG_ERROR, "contest_not_counted_again", "contest=%s error=%s", contest, log_value(a, fault_text(a, fault)));
}

/* Views that another version of this program made are made anew from the stored files; a count that now gives other figures is told, and changes nothing. */
static void recount_at_start(Store *store, int64_t now)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Recount recount;
    Fault fault = {0};
    if (contest_recount(store, false, now, log_recount, &a, &recount, &fault))
        log_line(LOG_ERROR, "contests_not_counted_again", "error=%s", log_value(&a, fault_text(&a, &fault)));
    arena_clear(&a);
}

static void log_entered(void *context, Str slug, const Fault *fault)
{
    Arena *a = context;
    const char *contest = log_value(a, slug);
    if (!fault) log_line(LOG_INFO, "contest_entered_in_record", "contest=%s", contest);
    else log_line(LOG_ERROR, "contest_not_entered_in_record", "contest=%s error=%s", contest, log_value(a, fault_text(a, fault)));
}

/* What was published before there was a record stands in it from now on. */
static void enter_at_start(Store *store, int64_t now)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Fault fault = {0};
    if (contest_enter_all(store, now, log_entered, &a, &fault))
        log_line(LOG_ERROR, "contests_not_entered", "error=%s", log_value(&a, fault_text(&a, &fault)));
    arena_clear(&a);
}

static void begin(Store *store, int64_t now)
{
    enter_at_start(store, now);
    recount_at_start(store, now);
}

static const TopicRule topics[] = {{"contests", WHO_ANYONE}, {"contest:", WHO_ANYONE}, {0}};

const Room contest_room = {"contest", routes, COUNT_OF(routes), .topics = topics, .expire = kept_expire, .begin = begin};
