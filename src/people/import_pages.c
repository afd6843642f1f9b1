/* import_pages.c: lists of members brought in by a secretary's browser: upload, columns, dry run, apply, progress, taking back.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/home.h"
#include "people/import.h"
#include "people/shown.h"

#include "core/json.h"

enum { LIST_MOST = 100, ALONE_SHOWN = 100 };

#define IMPORT_FIELD                            \
    {                                           \
        "import", FIELD_TOKEN, .required = true \
    }

static const Field unit_fields[] = {UNIT_FIELD, {0}};
static const Field import_fields[] = {UNIT_FIELD, IMPORT_FIELD, {0}};
static const Field upload_fields[] = {UNIT_FIELD,
    {"file", FIELD_FILE, .required = true, .max = IMPORT_UPLOAD_MAX, .label = "File with the list",
        .hint = "CSV with the names of the columns in its first row, plain or gzip; or OSDI’s JSON."},
    {0}};
static const Choice mode_choices[] = {
    {"all", "Import nothing while a row is bad"}, {"skip", "Leave bad rows out, and import the others"}, {0}};
static const Field column_fields[] = {UNIT_FIELD, IMPORT_FIELD, {"map", FIELD_LINE, .repeats = true, .label = "Columns"},
    {"mode", FIELD_CHOICE, .choices = mode_choices, .label = "If there are bad rows", .standard = "all"},
    {"empties", FIELD_TICK, .label = "Empty cells empty what is held", .hint = "Otherwise an empty cell changes nothing."},
    {"windows", FIELD_TICK, .label = "The file is in the old code of Windows, not in UTF-8",
        .hint = "Tick this when accented letters below look wrong."},
    {0}};

static Str imports_path(Arena *a, Str unit)
{
    return str_format(a, "/units/%.*s/imports", STR_ARG(unit));
}

static Str import_path(Req *req)
{
    return str_format(req->arena, "/units/%.*s/imports/%.*s", STR_ARG(req_text(req, "unit")), STR_ARG(req_text(req, "import")));
}

static Err find(Req *req, Db *db, Import *ret_import)
{
    Err e = import_find(db, req->arena, access_scope(req), req_text(req, "import"), ret_import);
    return e == ERR_MISSING ? req_fail(req, e, "There is no import at this address.") : e;
}

/* ---- the list ---- */

typedef struct StateWords {
    const char *state, *words;
} StateWords;

static Str state_words(Str state)
{
    static const StateWords words[] = {{"held", "columns to be chosen"}, {"checking", "being checked"},
        {"checked", "checked, not imported yet"}, {"refused", "cannot be read"}, {"applying", "being imported"}, {"done", "imported"},
        {"undoing", "being taken back"}, {"undone", "taken back"}};
    for (int i = 0; i < COUNT_OF(words); i++)
        if (str_equal(state, str_from_c(words[i].state))) return str_from_c(words[i].words);
    return state;
}

/* Of a list that was read at the machine, not the folder in which it lay there. */
static Str list_name(const Import *import)
{
    size_t from = 0;
    for (size_t i = 0; i < import->file_name.len; i++)
        if (import->file_name.ptr[i] == '/') from = i + 1;
    Str name = str_slice(import->file_name, from, import->file_name.len);
    return name.len ? name : S("a list");
}

static Err imports_page(Req *req, View *view)
{
    Unit unit;
    Import *imports;
    int count = 0;
    Arena *a = req->arena;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = import_list(req->db, a, access_scope(req), LIST_MOST, &imports, &count);
    if (e) return e;
    view_put_bool(view, S("has_imports"), count > 0);
    View *list = view_put_array(view, S("imports"));
    for (int i = 0; i < count; i++) {
        View *v = view_add_object(list);
        view_put_str(v, S("name"), list_name(&imports[i]));
        view_put_str(v, S("path"), str_format(a, "/units/%.*s/imports/%.*s", STR_ARG(unit.slug), STR_ARG(imports[i].id)));
        view_put_str(v, S("unit_name"), imports[i].unit_name);
        bool interrupted = import_is_interrupted(&imports[i], req->now);
        view_put_str(v, S("state_words"), interrupted ? S("interrupted") : state_words(imports[i].state));
        view_put_str(v, S("by_name"), imports[i].by.name);
        view_put_str(v, S("at_words"), time_words(a, imports[i].added));
        view_put_str(v, S("rows_words"), shown_number(a, imports[i].applied.rows ? imports[i].applied.rows : imports[i].checked.rows));
    }
    return ERR_OK;
}

/* ---- upload ---- */

static Err upload_form(Req *req, View *view)
{
    Unit unit;
    return shown_unit_head(req, view, &unit);
}

static Err upload(Req *req, Db *db, View *answer)
{
    const Upload *files;
    Str id, unit = req_text(req, "unit");
    ImportOptions options = {.country = home_country()};
    if (req_uploads(req, "file", &files) != 1 || !files[0].bytes.len) return req_wrong(req, "file", "Select a file that is not empty");
    Err e = import_hold(db, req->arena, unit, files[0].file_name, files[0].bytes, &options, req->officer, req->now, &id);
    if (e) return e;
    view_put_str(answer, S("id"), id);
    req_redirect(req, "/units/%.*s/imports/%.*s/columns", STR_ARG(unit), STR_ARG(id));
    return ERR_OK;
}

/* ---- columns ---- */

static void put_choices(View *cell, PeopleColumn chosen)
{
    View *choices = view_put_array(cell, S("columns"));
    for (PeopleColumn c = 0; c < COL__COUNT; c++) {
        View *v = view_add_object(choices);
        view_put_str(v, S("name"), str_from_c(people_columns[c].name));
        view_put_str(v, S("help"), str_from_c(people_columns[c].help));
        view_put_bool(v, S("chosen"), c == chosen);
    }
}

static Err columns_form(Req *req, View *view)
{
    Unit unit;
    Import import;
    ImportLook look;
    Fault fault = {0};
    Arena *a = req->arena;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = find(req, req->db, &import);
    if (!e) e = import_look(req->db, a, &import, &look, &fault);
    if (e == ERR_MISSING && !fault.err) return req_fail(req, e, "The file of this import is no longer here.");
    if (e) return e == ERR_IO ? e : req_fail(req, ERR_INPUT, "The file cannot be read as a list: %.*s", STR_ARG(fault_text(a, &fault)));
    view_put_str(view, S("imports_path"), imports_path(a, unit.slug));
    view_put_str(view, S("name"), list_name(&import));
    view_put_bool(view, S("not_utf8"), look.windows_1252);
    if (look.windows_1252 || import.options.windows_1252) req_prefill(req, "windows", S("yes"));
    if (import.options.skip) req_prefill(req, "mode", S("skip"));
    if (import.options.empties) req_prefill(req, "empties", S("yes"));
    View *cells = view_put_array(view, S("cells"));
    for (int i = 0; i < look.header.count; i++) {
        View *v = view_add_object(cells);
        view_put_i64(v, S("number"), i);
        view_put_str(v, S("cell"), look.header.cells[i]);
        view_put_bool(v, S("understood"), look.header.columns[i] != COL__COUNT);
        put_choices(v, look.header.columns[i]);
        View *samples = view_put_array(v, S("samples"));
        for (int row = 0; row < look.row_count; row++) {
            Str sample = look.cells[row * look.header.count + i];
            if (sample.len) view_put_str(view_add_object(samples), S("text"), sample);
        }
    }
    return ERR_OK;
}

/* "3:email": which cell of the header is which column. */
static Err read_map(Req *req, const ImportLook *look, ImportOptions *options)
{
    const Str *typed;
    int count = req_texts(req, "map", &typed);
    Str *pairs = arena_new(req->arena, Str, 2 * (size_t)count + 1);
    for (int i = 0; i < count; i++) {
        Str number, name;
        int64_t cell = -1;
        str_cut(typed[i], ':', &number, &name);
        bool known = str_equal(name, S("-")) || people_column(name) != COL__COUNT;
        if (!str_to_i64(number, &cell) || cell < 0 || cell >= look->header.count || !known)
            return req_wrong(req, "map", "Choose a column of the list for each heading");
        /* A second telephone number is the other one, as in the header. */
        pairs[2 * options->map_count] = look->header.cells[cell];
        pairs[2 * options->map_count++ + 1] = name;
    }
    options->map = pairs;
    return ERR_OK;
}

static Err choose_columns(Req *req, Db *db, View *answer)
{
    Import import;
    ImportLook look;
    Fault fault = {0};
    Err e = find(req, db, &import);
    if (!e) e = import_look(db, req->arena, &import, &look, &fault);
    if (e) return e;
    ImportOptions options = {.skip = str_equal(req_text(req, "mode"), S("skip")),
        .empties = req_ticked(req, "empties"),
        .windows_1252 = req_ticked(req, "windows"),
        .country = import.options.country};
    e = read_map(req, &look, &options);
    if (!e) e = import_choose(db, req->arena, import.id, &options, req->officer, req->now);
    if (e == ERR_CONFLICT) return req_fail(req, e, "This import is past that: it was begun already.");
    view_put_str(answer, S("id"), import.id);
    if (!e) req_redirect(req, "%.*s", STR_ARG(import_path(req)));
    return e;
}

/* ---- one import ---- */

static void put_counts(Arena *a, View *view, Str key, const ImportCounts *c)
{
    View *v = view_put_object(view, key);
    const struct {
        Str name;
        int64_t count;
    } counts[] = {{S("rows"), c->rows}, {S("added"), c->added}, {S("more"), c->more}, {S("changed"), c->changed}, {S("same"), c->same},
        {S("bad"), c->bad}};
    for (int i = 0; i < COUNT_OF(counts); i++) view_put_str(v, counts[i].name, shown_number(a, counts[i].count));
}

static void put_report(Arena *a, View *view, Str report)
{
    View *read;
    Fault fault = {0};
    bool has = report.len && json_read(a, report, &read, &fault) == ERR_OK;
    if (!has) read = view_object(a);
    View *empty = view_array(a);
    const View *faults = view_get(read, S("faults")), *changes = view_get(read, S("changes"));
    view_put(view, S("faults"), faults ? view_copy(a, faults) : empty);
    view_put_bool(view, S("has_faults"), faults && view_first(faults));
    view_put(view, S("changes"), changes ? view_copy(a, changes) : view_array(a));
    view_put_bool(view, S("has_changes"), changes && view_first(changes));
}

static void put_states(View *view, const Import *i, int64_t now)
{
    bool interrupted = import_is_interrupted(i, now);
    static const char *const states[] = {"held", "checking", "checked", "refused", "applying", "done", "undoing", "undone"};
    bool at_work = str_equal(i->state, S("checking")) || str_equal(i->state, S("applying")) || str_equal(i->state, S("undoing"));
    for (int k = 0; k < COUNT_OF(states); k++) view_put_bool(view, str_from_c(states[k]), str_equal(i->state, str_from_c(states[k])));
    at_work = at_work && !interrupted;
    view_put_bool(view, S("at_work"), at_work);
    bool at_machine = at_work && !i->held && !str_equal(i->state, S("undoing"));
    view_put_bool(view, S("at_machine"), at_machine);
    view_put_bool(view, S("by_itself"), at_work && !at_machine);
    view_put_bool(view, S("interrupted"), interrupted);
    view_put_str(view, S("refresh"), at_work ? S("2") : S(""));
    view_put_bool(view, S("can_stop"), str_equal(i->state, S("applying")));
    view_put_bool(view, S("can_undo"), str_equal(i->state, S("done")) && !i->expired);
    view_put_bool(view, S("can_apply"), str_equal(i->state, S("checked")) && i->held && (!i->checked.bad || i->options.skip));
    view_put_bool(view, S("is_stuck"), str_equal(i->state, S("checked")) && i->checked.bad && !i->options.skip);
    view_put_bool(view, S("can_choose"),
        i->held && (str_equal(i->state, S("held")) || str_equal(i->state, S("checked")) || str_equal(i->state, S("refused"))));
}

static Err put_alone(Req *req, View *view, const Import *i)
{
    DbRows rows;
    View *list = view_put_array(view, S("alone"));
    Err e = db_query(req->db, req->arena, "import_alone", DB_VALUES(db_string(i->id), db_number(ALONE_SHOWN)), &rows);
    while (!e && db_next(&rows)) {
        Values v = {0};
        v.of[COL_GIVEN_NAME] = db_text(&rows, "given_name");
        v.of[COL_FAMILY_NAME] = db_text(&rows, "family_name");
        View *person = view_add_object(list);
        view_put_str(person, S("name"), person_name(req->arena, &v));
        view_put_str(person, S("path"),
            str_format(req->arena, "/units/%.*s/people/%.*s", STR_ARG(req_text(req, "unit")), STR_ARG(db_text(&rows, "person"))));
    }
    return e;
}

static Err import_page(Req *req, View *view)
{
    Unit unit;
    Import i;
    Arena *a = req->arena;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = find(req, req->db, &i);
    if (!e) e = put_alone(req, view, &i);
    if (e) return e;
    Str percent = str_format(a, "%d", import_percent(&i));
    view_put_str(view, S("path"), import_path(req));
    view_put_str(view, S("imports_path"), imports_path(a, unit.slug));
    view_put_str(view, S("name"), list_name(&i));
    view_put_str(view, S("state_words"), import_is_interrupted(&i, req->now) ? S("interrupted") : state_words(i.state));
    view_put_str(view, S("percent"), percent);
    view_put_str(view, S("rows_done"), shown_number(a, i.rows_done));
    view_put_str(view, S("by_name"), i.by.name);
    view_put_str(view, S("at_words"), time_words(a, i.added));
    view_put_str(view, S("fault"), i.fault);
    view_put_str(view, S("digest"), i.digest);
    view_put_bool(view, S("skips"), i.options.skip);
    view_put_bool(view, S("has_leaf"), i.leaf >= 0);
    view_put_i64(view, S("leaf"), i.leaf);
    view_put_bool(view, S("has_undo_leaf"), i.undo_leaf >= 0);
    view_put_i64(view, S("undo_leaf"), i.undo_leaf);
    view_put_str(view, S("gone"), shown_number(a, i.undone.gone));
    view_put_str(view, S("put_back"), shown_number(a, i.undone.put_back));
    view_put_str(view, S("left_alone"), shown_number(a, i.undone.alone));
    view_put_bool(view, S("has_bad"), i.checked.bad > 0 && !i.expired);
    put_states(view, &i, req->now);
    put_counts(a, view, S("checks"), &i.checked);
    put_counts(a, view, S("applied"), &i.applied);
    put_report(a, view, i.report);
    return ERR_OK;
}

static Err bad_rows(Req *req, View *view)
{
    (void)view;
    Import i;
    Str csv;
    Err e = find(req, req->db, &i);
    if (!e) e = import_bad_rows(req->db, req->arena, i.id, &csv);
    if (e) return e;
    if (!csv.len) return req_fail(req, ERR_MISSING, "This import has no list of bad rows.");
    req_send(req, S("text/csv; charset=utf-8"), csv, S("bad-rows.csv"));
    return ERR_OK;
}

/* ---- what is done with it ---- */

static Err start(Req *req, Db *db, View *answer)
{
    Import i;
    Err e = find(req, db, &i);
    if (!e) e = import_start(db, req->arena, i.id, req->now, &req->fault);
    if (e) return e;
    view_put_str(answer, S("id"), i.id);
    req_redirect(req, "%.*s", STR_ARG(import_path(req)));
    return ERR_OK;
}

static Err take_back(Req *req, Db *db, View *answer)
{
    Import i;
    Err e = find(req, db, &i);
    if (!e) e = import_take_back(db, req->arena, i.id, req->officer, S(""), req->now, &req->fault);
    if (e) return e;
    view_put_str(answer, S("id"), i.id);
    req_redirect(req, "%.*s", STR_ARG(import_path(req)));
    return ERR_OK;
}

static Err drop(Req *req, Db *db, View *answer)
{
    Import i;
    Err e = find(req, db, &i);
    if (!e) e = import_drop(db, req->arena, i.id, req->now);
    if (e == ERR_CONFLICT) return req_fail(req, e, "This import was begun: it can be taken back, not thrown away.");
    if (e) return e;
    view_put_str(answer, S("id"), i.id);
    req_redirect(req, "%.*s", STR_ARG(imports_path(req->arena, req_text(req, "unit"))));
    req_flash(req, "The file was thrown away.");
    return ERR_OK;
}

#define LATER "none: the leaf is left when it has ended (import_run.c, import_undo.c)"

static const Route routes[] = {
    {GET, "/units/:unit/imports", WHO_SECRETARY, "Imports", "Lists of members that were brought in.", unit_fields, .page = imports_page,
        .html = "imports"},
    {GET, "/units/:unit/imports/new", WHO_SECRETARY, "Import a list of members", NULL, unit_fields, .page = upload_form,
        .html = "import_new", .posts = "/units/:unit/imports/new"},
    {POST, "/units/:unit/imports/new", WHO_SECRETARY, "Import a list of members", "Holds a file; nothing of it is imported yet.",
        upload_fields, .write = upload, .act = "none: a file is held until its columns are chosen", .form = "import_new",
        .form_page = upload_form, .body_max = IMPORT_UPLOAD_MAX + 65536, .rate = RATE_WRITE},
    {GET, "/units/:unit/imports/:import", WHO_SECRETARY, "Import", "How far it is, what it would change or has changed.", import_fields,
        .page = import_page, .html = "import"},
    {GET, "/units/:unit/imports/:import/columns", WHO_SECRETARY, "Columns of the list", NULL, import_fields, .page = columns_form,
        .html = "import_columns", .posts = "/units/:unit/imports/:import/columns"},
    {POST, "/units/:unit/imports/:import/columns", WHO_SECRETARY, "Columns of the list",
        "Says what the columns are; the list is then checked.", column_fields, .write = choose_columns,
        .act = "none: the list is checked, and nothing is imported", .form = "import_columns", .form_page = columns_form,
        .rate = RATE_WRITE},
    {GET, "/units/:unit/imports/:import/bad-rows", WHO_SECRETARY, "Bad rows", "As CSV, with the reasons.", import_fields, .page = bad_rows,
        .no_json = true},
    {POST, "/units/:unit/imports/:import/apply", WHO_SECRETARY, "Import it", "Begins to write it.", import_fields, .write = start,
        .act = LATER, .rate = RATE_WRITE},
    {POST, "/units/:unit/imports/:import/undo", WHO_SECRETARY, "Take it back", "Stops an import, or takes back one that is done.",
        import_fields, .write = take_back, .act = LATER, .rate = RATE_WRITE},
    {POST, "/units/:unit/imports/:import/drop", WHO_SECRETARY, "Throw the file away", NULL, import_fields, .write = drop,
        .act = "none: a file that was not imported", .rate = RATE_WRITE},
};

const Room people_import_room = {.name = "people", .routes = routes, .route_count = COUNT_OF(routes), .expire = import_expire};
