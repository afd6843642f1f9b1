/* audit_report.c: what the audit asks, as a view, as text and as a page of its own.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/audit.h"

#include "core/markup.h"

static const char *const weight_names[] = {[AUDIT_NOTE] = "note", [AUDIT_QUESTION] = "question", [AUDIT_CRITICAL] = "critical"};

static Str unit_name(const Audit *audit, const Roster *r, int unit)
{
    (void)audit;
    Str name = unit < 0 ? S("several units") : roster_text(r, r->units[unit].name);
    return name.len ? name : S("no unit said"); /* in a list without such a column */
}

Str audit_column_title(PeopleColumn column)
{
    static const char *const titles[COL__COUNT] = {[COL_PAYER] = "Payer",
        [COL_BANK] = "Account or cheque",
        [COL_METHOD] = "Paid by",
        [COL_PHONE] = "Telephone",
        [COL_EMAIL] = "E-mail",
        [COL_DEVICE] = "Device",
        [COL_POSTCODE] = "Postcode",
        [COL_RECRUITER] = "Recruited by",
        [COL_MANDATE] = "Mandate",
        [COL_SIGNATURE] = "Signature",
        [COL_SECTION] = "Section",
        [COL_JOINED] = "Joined",
        [COL_RECORDED] = "Written down",
        [COL_FIRST_RECEIPT] = "First receipt",
        [COL_BORN] = "Born",
        [COL_STATUS] = "Status",
        [COL_HISTORY] = "History"};
    return str_from_c(titles[column] ? titles[column] : people_columns[column].name);
}

Str audit_value(Arena *a, const Roster *r, const RosterRow *row, PeopleColumn column)
{
    switch (column) {
    case COL_PAYER: return roster_text(r, row->payer);
    case COL_BANK: return roster_text(r, row->bank);
    case COL_METHOD: return roster_text(r, row->method);
    case COL_PHONE: return roster_text(r, row->phone);
    case COL_EMAIL: return roster_text(r, row->email);
    case COL_DEVICE: return roster_text(r, row->device);
    case COL_POSTCODE: return roster_text(r, row->postcode);
    case COL_RECRUITER: return roster_text(r, row->recruiter);
    case COL_MANDATE: return roster_text(r, row->mandate);
    case COL_SIGNATURE: return roster_text(r, row->signature);
    case COL_SECTION: return roster_text(r, row->section);
    case COL_JOINED: return day_iso(a, row->joined);
    case COL_RECORDED: return day_iso(a, row->recorded);
    case COL_FIRST_RECEIPT: return day_iso(a, row->first_receipt);
    case COL_BORN: return day_iso(a, row->born);
    case COL_STATUS: return row->spell_count ? status_name(r->spells[row->spell + row->spell_count - 1].status) : S("");
    case COL_HISTORY: {
        Buf b = buf_new(a);
        for (uint32_t i = 0; i < row->spell_count; i++) {
            const RosterSpell *s = &r->spells[row->spell + i];
            Str name = status_name(s->status), since = day_iso(a, s->since);
            buf_format(&b, "%s%.*s %.*s", i ? "; " : "", STR_ARG(name), STR_ARG(since));
        }
        return buf_done(&b);
    }
    default: ASSERT(false);
    }
}

/* ---- a view ---- */

static void put_evidence(Arena *a, const AuditQuestion *q, const Roster *r, View *object)
{
    View *rows = view_put_array(object, S("evidence"));
    for (int i = 0; i < q->row_count; i++) {
        const RosterRow *row = &r->rows[q->rows[i]];
        View *v = view_add_object(rows);
        if (row->line) view_put_i64(v, S("line"), row->line);
        view_put_str(v, S("person"), roster_text(r, row->person));
        view_put_str(v, S("name"), roster_text(r, row->name));
        view_put_str(v, S("unit"), roster_text(r, row->unit));
        for (int c = 0; c < q->column_count; c++)
            view_put_str(v, str_from_c(people_columns[q->columns[c]].name), audit_value(a, r, row, q->columns[c]));
    }
}

static void put_questions(Arena *a, const Audit *audit, const Roster *r, bool evidence, View *object)
{
    View *questions = view_put_array(object, S("questions"));
    for (int i = 0; i < audit->question_count; i++) {
        const AuditQuestion *q = &audit->questions[i];
        View *v = view_add_object(questions);
        view_put_str(v, S("key"), q->key);
        view_put_str(v, S("check"), audit_check_name(q->check));
        view_put_str(v, S("title"), audit_check_title(q->check));
        view_put_str(v, S("weight"), str_from_c(weight_names[q->weight]));
        view_put_str(v, S("unit"), q->unit < 0 ? S("") : roster_text(r, r->units[q->unit].slug));
        view_put_str(v, S("unit_name"), unit_name(audit, r, q->unit));
        view_put_str(v, S("asks"), q->asks);
        view_put_str(v, S("because"), q->because);
        view_put_str(v, S("usual"), q->usual);
        view_put_i64(v, S("rows"), q->row_count);
        if (evidence) put_evidence(a, q, r, v);
    }
}

void audit_view(Arena *a, const Audit *audit, const Roster *r, bool evidence, View *object)
{
    view_put_i64(object, S("memberships"), audit->memberships);
    view_put_i64(object, S("units"), audit->unit_count);
    if (audit->rules.freeze != DAY_NONE) view_put_str(object, S("freeze"), day_iso(a, audit->rules.freeze));
    View *checks = view_put_array(object, S("checks"));
    for (AuditCheck c = 0; c < AUDIT__COUNT; c++) {
        View *v = view_add_object(checks);
        view_put_str(v, S("check"), audit_check_name(c));
        view_put_str(v, S("title"), audit_check_title(c));
        view_put_str(v, S("rule"), audit_check_rule(a, c, &audit->rules));
        view_put_bool(v, S("asked"), audit->rules.asked[c]);
        view_put_i64(v, S("rows"), audit->rows[c]);
        view_put_i64(v, S("not_looked_at"), audit->unlooked[c]);
    }
    put_questions(a, audit, r, evidence, object);
    View *units = view_put_array(object, S("by_unit"));
    for (int u = 0; u < audit->unit_count; u++) {
        View *v = view_add_object(units);
        view_put_str(v, S("unit"), roster_text(r, r->units[audit->units[u].unit].slug));
        view_put_i64(v, S("memberships"), audit->units[u].members);
        View *rows = view_put_object(v, S("rows"));
        for (AuditCheck c = 0; c < AUDIT__COUNT; c++)
            if (audit->units[u].rows[c]) view_put_i64(rows, audit_check_name(c), audit->units[u].rows[c]);
    }
}

/* ---- text ---- */

static int count_weight(const Audit *audit, AuditWeight weight)
{
    int count = 0;
    for (int i = 0; i < audit->question_count; i++) count += audit->questions[i].weight == weight;
    return count;
}

static void text_evidence(Buf *out, Arena *a, const AuditQuestion *q, const Roster *r, int most)
{
    for (int i = 0; i < q->row_count && i < most; i++) {
        const RosterRow *row = &r->rows[q->rows[i]];
        Str name = roster_text(r, row->name), person = roster_text(r, row->person);
        if (row->line) buf_format(out, "    line %lld: ", (long long)row->line);
        else buf_str(out, S("    "));
        buf_format(out, "%.*s (%.*s)", STR_ARG(name), STR_ARG(person));
        for (int c = 0; c < q->column_count; c++) {
            Str value = audit_value(a, r, row, q->columns[c]);
            buf_format(out, ", %s %.*s", people_columns[q->columns[c]].name, STR_ARG(value.len ? value : S("-")));
        }
        buf_byte(out, '\n');
    }
    if (q->row_count > most) buf_format(out, "    and %d more\n", q->row_count - most);
}

void audit_text(Buf *out, const Audit *audit, const Roster *r, int most_rows)
{
    Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Str freeze = audit->rules.freeze == DAY_NONE ? S("no freeze date") : day_iso(&scratch, audit->rules.freeze);
    buf_format(out, "Audit of %d memberships in %d units, freeze %.*s: %d critical questions, %d questions, %d notes.\n",
        audit->memberships, audit->unit_count, STR_ARG(freeze), count_weight(audit, AUDIT_CRITICAL), count_weight(audit, AUDIT_QUESTION),
        count_weight(audit, AUDIT_NOTE));
    buf_str(out, S("Each is a question to be answered by somebody who can look at the papers. None is a verdict.\n"));
    for (int i = 0; i < audit->question_count; i++) {
        const AuditQuestion *q = &audit->questions[i];
        Str title = audit_check_title(q->check), unit = unit_name(audit, r, q->unit);
        buf_format(out, "\n%s  %.*s: %.*s\n  %.*s\n  Asked: %.*s\n  Usual answers: %.*s\n  Key: %.*s\n", weight_names[q->weight],
            STR_ARG(title), STR_ARG(unit), STR_ARG(q->because), STR_ARG(q->asks), STR_ARG(q->usual), STR_ARG(q->key));
        text_evidence(out, &scratch, q, r, most_rows);
        arena_recycle(&scratch);
    }
    buf_str(out, S("\nChecks, in all units (memberships in evidence, and those that lack what the check reads)\n"));
    for (AuditCheck c = 0; c < AUDIT__COUNT; c++) {
        Str title = audit_check_title(c);
        buf_format(
            out, "  %-52.*s %9d %9d%s\n", STR_ARG(title), audit->rows[c], audit->unlooked[c], audit->rules.asked[c] ? "" : "  (not asked)");
    }
    arena_clear(&scratch);
}

/* ---- a page of its own ---- */

static void html_cell(Html *h, Str text)
{
    html_element(h, M("td"), text);
}

static void html_evidence(Html *h, Arena *a, const AuditQuestion *q, const Roster *r, int most)
{
    html_markup(h, M("<table><thead><tr><th>Line</th><th>Name</th><th>Unit</th>"));
    for (int c = 0; c < q->column_count; c++) html_element(h, M("th"), str_from_c(people_columns[q->columns[c]].name));
    html_markup(h, M("</tr></thead><tbody>\n"));
    for (int i = 0; i < q->row_count && i < most; i++) {
        const RosterRow *row = &r->rows[q->rows[i]];
        html_markup(h, M("<tr><td>"));
        if (row->line) html_number(h, row->line);
        html_markup(h, M("</td>"));
        html_cell(h, roster_text(r, row->name));
        html_cell(h, roster_text(r, row->unit));
        for (int c = 0; c < q->column_count; c++) html_cell(h, audit_value(a, r, row, q->columns[c]));
        html_markup(h, M("</tr>\n"));
    }
    html_markup(h, M("</tbody></table>"));
    if (q->row_count > most) html_element(h, M("p"), str_format(a, "And %d more.", q->row_count - most));
}

static void html_question(Html *h, Arena *a, const Audit *audit, const AuditQuestion *q, const Roster *r, int most)
{
    html_markup(h, M("<section"));
    html_attribute(h, M("class"), str_from_c(weight_names[q->weight]));
    html_attribute(h, M("id"), str_format(a, "q-%.*s", STR_ARG(q->key)));
    html_markup(h, M("><h2>"));
    html_text(h, str_format(a, "%s: ",
                     q->weight == AUDIT_CRITICAL   ? "Critical question"
                     : q->weight == AUDIT_QUESTION ? "Question"
                                                   : "Note"));
    html_text(h, audit_check_title(q->check));
    html_text(h, S(", "));
    html_text(h, unit_name(audit, r, q->unit));
    html_markup(h, M("</h2>\n"));
    html_element(h, M("p"), q->because);
    html_markup(h, M("<p><strong>"));
    html_text(h, q->asks);
    html_markup(h, M("</strong> Usual answers: "));
    html_text(h, q->usual);
    html_markup(h, M("</p>\n<p class=\"rule\">Rule: "));
    html_text(h, audit_check_rule(a, q->check, &audit->rules));
    html_markup(h, M("</p>\n"));
    if (most) html_evidence(h, a, q, r, most);
    html_markup(h, M("</section>\n"));
}

/* Every unit beside the base rate, those with questions first in the eye by weight of type, not by order. */
static void html_units(Html *h, const Audit *audit, const Roster *r)
{
    html_markup(h, M("<h2>Every unit, by the same rules</h2><p>Memberships in the evidence of each check. The first row is the base rate: "
                     "all units together.</p>\n"
                     "<div class=\"wide\"><table><thead><tr><th>Unit</th><th>Memberships</th>"));
    for (AuditCheck c = 0; c < AUDIT__COUNT; c++) html_element(h, M("th"), audit_check_title(c));
    html_markup(h, M("</tr></thead><tbody>\n<tr><th>All</th><td>"));
    html_number(h, audit->memberships);
    html_markup(h, M("</td>"));
    for (AuditCheck c = 0; c < AUDIT__COUNT; c++) {
        html_markup(h, M("<td>"));
        html_number(h, audit->rows[c]);
        html_markup(h, M("</td>"));
    }
    html_markup(h, M("</tr>\n"));
    for (int u = 0; u < audit->unit_count; u++) {
        html_markup(h, M("<tr>"));
        html_element(h, M("th"), roster_text(r, r->units[audit->units[u].unit].name));
        html_markup(h, M("<td>"));
        html_number(h, audit->units[u].members);
        html_markup(h, M("</td>"));
        for (AuditCheck c = 0; c < AUDIT__COUNT; c++) {
            html_markup(h, M("<td>"));
            if (audit->units[u].rows[c]) html_number(h, audit->units[u].rows[c]);
            html_markup(h, M("</td>"));
        }
        html_markup(h, M("</tr>\n"));
    }
    html_markup(h, M("</tbody></table></div>\n"));
}

void audit_html(Buf *out, const Audit *audit, const Roster *r, int most_rows)
{
    Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Html h = html_new(&scratch);
    html_markup(&h, M("<!DOCTYPE html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" "
                      "content=\"width=device-width, initial-scale=1\"/>"
                      "<title>Audit of a roll</title><style>\nbody{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:0 "
                      "auto;padding:1rem;color:#1a1a1a;background:#fff}\n"
                      "h1,h2{line-height:1.2}section{border-left:.4rem solid #8a8a8a;padding:.1rem 0 .1rem 1rem;margin:1.5rem "
                      "0}.critical{border-color:#a3172a}.question{border-color:#b46a00}\n"
                      "table{border-collapse:collapse;font-size:.9rem}td,th{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px "
                      "solid #ddd;vertical-align:top}\n"
                      ".rule{color:#555}.wide,section{overflow-x:auto}@media "
                      "print{section{break-inside:avoid-page}}\n</style></head><body>\n<h1>Audit of a roll</h1>\n"));
    Str freeze = audit->rules.freeze == DAY_NONE
                     ? S("no freeze date")
                     : str_format(&scratch, "freeze date %.*s", STR_ARG(day_iso(&scratch, audit->rules.freeze)));
    html_element(&h, M("p"),
        str_format(&scratch,
            "%d memberships in %d units, %.*s: %d critical questions, %d questions, %d notes. Each is a question to be answered by "
            "somebody who can look "
            "at the papers. None is a verdict.",
            audit->memberships, audit->unit_count, STR_ARG(freeze), count_weight(audit, AUDIT_CRITICAL),
            count_weight(audit, AUDIT_QUESTION), count_weight(audit, AUDIT_NOTE)));
    for (int i = 0; i < audit->question_count; i++) html_question(&h, &scratch, audit, &audit->questions[i], r, most_rows);
    html_units(&h, audit, r);
    html_markup(&h, M("</body></html>\n"));
    html_out(&h, out);
    arena_clear(&scratch);
}
