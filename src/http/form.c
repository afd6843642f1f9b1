/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/form.h"

#include "http/fields.h"

/* What one form is made of. */
typedef struct Making {
    Arena *a;
    const Req *req;
    const FormOptions *o;
    bool again; /* this request sent it, and it is shown once more */
} Making;

static Str or_empty(const char *text)
{
    return str_from_c(text ? text : "");
}

/* "id" of the field's box; forms of one page would need different ones, but a page shows one form. */
static Str id_of(const Making *m, const Field *f)
{
    return str_format(m->a, "field-%s", f->name);
}

static bool in_form(const Making *m, const Field *f)
{
    return !field_in_path(f, m->o->route->path);
}

/* What the box holds: typed before, else prefilled, else standard. */
static int values_of(const Making *m, int index, const Str **ret_values)
{
    const Field *f = &m->o->route->fields[index];
    const struct ReqState *state = m->req->state;
    *ret_values = NULL;
    if (f->kind == FIELD_FILE || f->kind == FIELD_SECRET)
        return 0; /* no browser lets a page choose a file, and a page is kept and cached */
    if (m->again) {
        *ret_values = state->values[index].texts;
        return state->values[index].text_count;
    }
    Str *values = arena_new(m->a, Str, PREFILLS_MAX);
    int count = 0;
    for (int k = 0; k < state->prefill_count; k++)
        if (str_equal(str_from_c(state->prefills[k].field), str_from_c(f->name))) values[count++] = state->prefills[k].value;
    if (count == 0 && f->standard) values[count++] = str_from_c(f->standard);
    *ret_values = values;
    return count;
}

static Str error_of(const Making *m, const Field *f)
{
    const struct ReqState *state = m->req->state;
    for (int k = 0; k < state->trouble_count && m->again; k++)
        if (state->troubles[k].field == f) return state->troubles[k].message;
    return (Str){0};
}

static bool is_among(const Str *values, int count, Str value)
{
    for (int k = 0; k < count; k++)
        if (str_equal(values[k], value)) return true;
    return false;
}

static void put_choices(const Making *m, View *v, const Field *f, const Str *values, int count)
{
    View *choices = view_put_array(v, S("choices"));
    int n = 0;
    for (const Choice *c = f->choices; c && c->value; c++, n++) {
        View *choice = view_add_object(choices);
        view_put_str(choice, S("value"), str_from_c(c->value));
        view_put_str(choice, S("label"), str_from_c(c->label));
        /* The first one has the field's own id, where the error summary leads. */
        view_put_str(choice, S("id"), n ? str_format(m->a, "field-%s-%d", f->name, n + 1) : id_of(m, f));
        view_put_bool(choice, S("chosen"), is_among(values, count, str_from_c(c->value)));
    }
}

/* Empty, or 2013-06-25: a box with a calendar would show nothing else, and what was typed must be seen to be mended. */
static bool fits_calendar(Str value)
{
    static const char form[] = "dddd-dd-dd";
    if (!value.len) return true;
    if (value.len != sizeof form - 1) return false;
    for (size_t i = 0; i < value.len; i++)
        if (form[i] == 'd' ? value.ptr[i] < '0' || value.ptr[i] > '9' : value.ptr[i] != form[i]) return false;
    return true;
}

static void put_kind(View *v, FieldKind kind, Str value)
{
    bool is_day = kind == FIELD_DAY && fits_calendar(value);
    view_put_bool(v, S("is_line"), kind == FIELD_LINE || kind == FIELD_SLUG || kind == FIELD_TOKEN || (kind == FIELD_DAY && !is_day));
    view_put_bool(v, S("is_day"), is_day);
    view_put_bool(v, S("is_text"), kind == FIELD_TEXT);
    view_put_bool(v, S("is_number"), kind == FIELD_NUMBER);
    view_put_bool(v, S("is_choice"), kind == FIELD_CHOICE);
    view_put_bool(v, S("is_tick"), kind == FIELD_TICK);
    view_put_bool(v, S("is_file"), kind == FIELD_FILE);
    view_put_bool(v, S("is_secret"), kind == FIELD_SECRET);
}

static Str described_by(const Making *m, const Field *f, bool error)
{
    Str id = id_of(m, f);
    if (f->hint && error) return str_format(m->a, "%.*s-hint %.*s-error", STR_ARG(id), STR_ARG(id));
    if (f->hint) return str_format(m->a, "%.*s-hint", STR_ARG(id));
    return error ? str_format(m->a, "%.*s-error", STR_ARG(id)) : S("");
}

static void put_bounds(const Making *m, View *v, const Field *f)
{
    int64_t min = 0, max = 0;
    field_bounds(f, &min, &max);
    if (f->kind == FIELD_FILE && max == 0) max = m->o->route->body_max;
    view_put_i64(v, S("min"), min);
    view_put_i64(v, S("max"), max);
    view_put_str(v, S("max_words"), f->kind == FIELD_FILE && max ? size_words(m->a, max) : S(""));
}

static Str first_value(const Making *m, int index)
{
    const Str *values = NULL;
    return values_of(m, index, &values) ? values[0] : S("");
}

static void put_values(const Making *m, View *v, int index)
{
    const Field *f = &m->o->route->fields[index];
    const Str *values = NULL;
    int count = values_of(m, index, &values);
    view_put_str(v, S("value"), first_value(m, index));
    View *all = view_put_array(v, S("values"));
    for (int k = 0; k < count; k++) view_put_str(view_add_object(all), S("value"), values[k]);
    put_choices(m, v, f, values, count);
    view_put_bool(v, S("ticked"), f->kind == FIELD_TICK && is_among(values, count, S("yes")));
}

/* Which keys a telephone shows. */
static Str inputmode_of(const Field *f)
{
    Str word = or_empty(f->autocomplete);
    if (str_equal(word, S("email"))) return S("email");
    if (str_equal(word, S("tel"))) return S("tel");
    return str_equal(word, S("one-time-code")) ? S("numeric") : S("");
}

/* Every name, also where it says nothing: what a template does not find here it would look for outside. */
static void fill_field(const Making *m, View *v, int index)
{
    const Field *f = &m->o->route->fields[index];
    Str error = error_of(m, f);
    view_put_str(v, S("name"), str_from_c(f->name));
    view_put_str(v, S("id"), id_of(m, f));
    view_put_str(v, S("label"), field_label(m->a, f));
    view_put_str(v, S("hint"), or_empty(f->hint));
    view_put_str(v, S("error"), error);
    view_put_str(v, S("described_by"), described_by(m, f, error.len > 0));
    view_put_str(v, S("autocomplete"), or_empty(f->autocomplete));
    view_put_str(v, S("inputmode"), inputmode_of(f));
    view_put_bool(v, S("required"), f->required);
    view_put_bool(v, S("optional"), !f->required && f->kind != FIELD_TICK);
    view_put_bool(v, S("repeats"), f->repeats);
    put_kind(v, f->kind, first_value(m, index));
    put_bounds(m, v, f);
    put_values(m, v, index);
}

static void add_error(const Making *m, View *errors, const Trouble *t)
{
    View *error = view_add_object(errors);
    view_put_str(error, S("field"), or_empty(t->field ? t->field->name : NULL));
    view_put_str(error, S("message"), t->message);
    view_put_str(error, S("href"), t->field && in_form(m, t->field) ? str_format(m->a, "#%.*s", STR_ARG(id_of(m, t->field))) : S(""));
}

/* About the whole form first, then in the order of the boxes: as a person meets them. */
static void put_errors(const Making *m, View *form)
{
    const struct ReqState *state = m->req->state;
    int count = m->again ? state->trouble_count : 0;
    view_put_bool(form, S("wrong"), count > 0);
    View *errors = view_put_array(form, S("errors"));
    for (int k = 0; k < count; k++)
        if (!state->troubles[k].field) add_error(m, errors, &state->troubles[k]);
    for (const Field *f = m->o->route->fields; f && f->name; f++)
        for (int k = 0; k < count; k++)
            if (state->troubles[k].field == f) add_error(m, errors, &state->troubles[k]);
}

View *form_view(Arena *a, const Req *req, const FormOptions *options)
{
    Making m = {.a = a, .req = req, .o = options, .again = req->route == options->route};
    const Field *table = options->route->fields;
    View *form = view_object(a);
    bool multipart = false;
    for (const Field *f = table; f && f->name; f++) multipart |= f->kind == FIELD_FILE;
    view_put_str(form, S("action"), options->action);
    view_put_bool(form, S("multipart"), multipart);
    view_put_str(form, S("csrf"), options->csrf);
    view_put_str(form, S("key"), options->key);
    put_errors(&m, form);
    View *fields = view_put_array(form, S("fields"));
    View *by = view_put_object(form, S("by"));
    for (int k = 0; table && table[k].name; k++) {
        if (!in_form(&m, &table[k])) continue;
        fill_field(&m, view_add_object(fields), k);
        fill_field(&m, view_put_object(by, str_from_c(table[k].name)), k);
    }
    return form;
}
