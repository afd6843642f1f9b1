/* audit_checks.c: what several share, and what a unit's dates and papers look like beside those of others.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/audit_own.h"

#include <stdlib.h>

/* What the checks group rows by: bank_of(row) is row->bank. */
#define VALUE_OF(field)                              \
    static uint32_t field##_of(const RosterRow *row) \
    {                                                \
        return row->field;                           \
    }
VALUE_OF(payer)
VALUE_OF(bank)
VALUE_OF(phone)
VALUE_OF(email)
VALUE_OF(device)
VALUE_OF(address)
VALUE_OF(mandate)
VALUE_OF(signature)
VALUE_OF(person)
VALUE_OF(recruiter)
#undef VALUE_OF

static Str value_text(const Finder *f, ValueOf *value, uint32_t row)
{
    return roster_text(f->r, value(&f->r->rows[row]));
}

/* ---- sharing ---- */

static bool all_by_union(const Finder *f, const uint32_t *rows, int count)
{
    for (int i = 0; i < count; i++)
        if (!str_equal(roster_text(f->r, f->r->rows[rows[i]].method), S("union"))) return false;
    return true;
}

static void look_at_payer(Finder *f, AuditCheck check, const uint32_t *rows, int count)
{
    int people = count_different(f, rows, count, person_of);
    if (people <= f->rules->payer_most || all_by_union(f, rows, count)) return;
    int addresses = count_different(f, rows, count, address_of);
    if (addresses == 1 && people <= f->rules->household_most) return;
    AuditQuestion *q = ask(f, check, addresses > 1 ? AUDIT_CRITICAL : AUDIT_QUESTION, rows, count, value_text(f, payer_of, rows[0]));
    q->because = str_format(f->a, "One payer for %d members at %d addresses.", people, addresses);
}

/* An account, a number: what a household shares is not asked about. */
static void look_at_shared(Finder *f, AuditCheck check, ValueOf *value, const uint32_t *rows, int count, const char *what)
{
    int people = count_different(f, rows, count, person_of), addresses = count_different(f, rows, count, address_of),
        most = f->rules->household_most;
    bool scattered = people >= 3 && addresses >= 3 && check != AUDIT_DEVICE;
    if (people <= most && !scattered) return;
    bool grave = check == AUDIT_BANK && people > most && addresses > 2;
    AuditQuestion *q = ask(f, check, grave ? AUDIT_CRITICAL : AUDIT_QUESTION, rows, count, value_text(f, value, rows[0]));
    q->because = str_format(f->a, "%s for %d members at %d addresses.", what, people, addresses);
}

static void look_at_bank(Finder *f, AuditCheck check, const uint32_t *rows, int count)
{
    look_at_shared(f, check, bank_of, rows, count, "One account or cheque");
}

static void look_at_phone(Finder *f, AuditCheck check, const uint32_t *rows, int count)
{
    look_at_shared(f, check, phone_of, rows, count, "One telephone number");
}

static void look_at_email(Finder *f, AuditCheck check, const uint32_t *rows, int count)
{
    look_at_shared(f, check, email_of, rows, count, "One e-mail address");
}

static void look_at_device(Finder *f, AuditCheck check, const uint32_t *rows, int count)
{
    look_at_shared(f, check, device_of, rows, count, "One device");
}

static int by_day(const void *x, const void *y)
{
    Day a = *(const Day *)x, b = *(const Day *)y;
    return (a > b) - (a < b);
}

/* The most that joined within so many days. */
static int most_within(Finder *f, const uint32_t *rows, int count, int days)
{
    Day *joined = arena_new(f->a, Day, (size_t)count);
    int n = 0, most = 0;
    for (int i = 0; i < count; i++)
        if (f->r->rows[rows[i]].joined != DAY_NONE) joined[n++] = f->r->rows[rows[i]].joined;
    qsort(joined, (size_t)n, sizeof *joined, by_day);
    for (int i = 0, j = 0; j < n; j++) {
        while (joined[j] - joined[i] >= days) i++;
        most = j - i + 1 > most ? j - i + 1 : most;
    }
    return most;
}

static void look_at_address(Finder *f, AuditCheck check, const uint32_t *rows, int count)
{
    enum { TOGETHER_DAYS = 30 };
    int people = count_different(f, rows, count, person_of);
    if (people <= f->rules->household_most) return;
    int together = most_within(f, rows, count, TOGETHER_DAYS), without = 0;
    for (int i = 0; i < count; i++) without += f->r->rows[rows[i]].bank == 0;
    bool asked = together > f->rules->household_most && without * 2 > count;
    AuditQuestion *q = ask(f, check, asked ? AUDIT_QUESTION : AUDIT_NOTE, rows, count, value_text(f, address_of, rows[0]));
    q->because = str_format(f->a,
        "%d members at one address; %d of them joined within %d days, %d have no account of their own on the list.", people, together,
        TOGETHER_DAYS, without);
}

static void look_at_mandate(Finder *f, AuditCheck check, const uint32_t *rows, int count)
{
    int people = count_different(f, rows, count, person_of), addresses = count_different(f, rows, count, address_of);
    if (people < 2 || addresses < 2) return;
    AuditQuestion *q = ask(f, check, people > 3 ? AUDIT_CRITICAL : AUDIT_QUESTION, rows, count, value_text(f, mandate_of, rows[0]));
    q->because = str_format(f->a, "One mandate for %d members at %d addresses.", people, addresses);
}

static void look_at_signature(Finder *f, AuditCheck check, const uint32_t *rows, int count)
{
    int people = count_different(f, rows, count, person_of);
    if (people < 2) return;
    AuditQuestion *q = ask(f, check, AUDIT_CRITICAL, rows, count, value_text(f, signature_of, rows[0]));
    q->because = str_format(f->a, "One signature for %d members.", people);
}

/* ---- just before the freeze ---- */

static bool in_window(const Finder *f, Day day)
{
    return day != DAY_NONE && day <= f->rules->freeze && day > f->rules->freeze - f->rules->window_days;
}

static void look_at_recruits(Finder *f, AuditCheck check, const uint32_t *rows, int count)
{
    uint32_t *late = arena_new(f->a, uint32_t, (size_t)count);
    int n = 0;
    for (int i = 0; i < count; i++)
        if (in_window(f, f->r->rows[rows[i]].joined)) late[n++] = rows[i];
    int people = count_different(f, late, n, person_of);
    if (people <= f->rules->recruits_most) return;
    AuditQuestion *q = ask(
        f, check, people > 2 * f->rules->recruits_most ? AUDIT_CRITICAL : AUDIT_QUESTION, late, n, value_text(f, recruiter_of, rows[0]));
    q->because = str_format(f->a, "%d recruits of one recruiter in the %d days before the freeze.", people, f->rules->window_days);
}

static void share(Finder *f, AuditCheck check, ValueOf *value, EachGroup *each)
{
    if (f->rules->asked[check]) group_rows(f, check, value, each);
}

void audit_sharing(Finder *f)
{
    share(f, AUDIT_PAYER, payer_of, look_at_payer);
    share(f, AUDIT_BANK, bank_of, look_at_bank);
    share(f, AUDIT_PHONE, phone_of, look_at_phone);
    share(f, AUDIT_EMAIL, email_of, look_at_email);
    share(f, AUDIT_DEVICE, device_of, look_at_device);
    share(f, AUDIT_ADDRESS, address_of, look_at_address);
    share(f, AUDIT_MANDATE, mandate_of, look_at_mandate);
    share(f, AUDIT_SIGNATURE, signature_of, look_at_signature);
    if (f->rules->freeze != DAY_NONE) share(f, AUDIT_RECRUITER, recruiter_of, look_at_recruits);
}

/* ---- units side by side ---- */

static int is_before_receipt(const Finder *f, const RosterRow *row, int threshold)
{
    (void)f;
    return row->joined == DAY_NONE || row->first_receipt == DAY_NONE ? -1 : row->first_receipt - row->joined > threshold;
}

static int is_backdated(const Finder *f, const RosterRow *row, int threshold)
{
    (void)f;
    return row->joined == DAY_NONE || row->recorded == DAY_NONE ? -1 : row->recorded - row->joined > threshold;
}

static int lacks_mandate(const Finder *f, const RosterRow *row, int threshold)
{
    (void)threshold;
    Str method = roster_text(f->r, row->method);
    return str_equal(method, S("direct-debit")) ? row->mandate == 0 : -1;
}

static int lacks_signature(const Finder *f, const RosterRow *row, int threshold)
{
    (void)f, (void)threshold;
    return row->signature == 0;
}

static int is_revived(const Finder *f, const RosterRow *row, int threshold)
{
    (void)threshold;
    for (uint32_t i = 1; i < row->spell_count; i++) {
        const RosterSpell *s = &f->r->spells[row->spell + i];
        if (s->status == STATUS_ACTIVE && s[-1].status == STATUS_LAPSED && in_window(f, s->since)) return 1;
    }
    return 0;
}

static bool any(const Finder *f, ValueOf *value)
{
    for (int i = 0; i < f->r->count; i++)
        if (value(&f->r->rows[i])) return true;
    return false;
}

void audit_dates(Finder *f)
{
    const AuditRules *o = f->rules;
    if (o->asked[AUDIT_RECEIPT]) {
        compare_units(f, AUDIT_RECEIPT, AUDIT_CRITICAL, is_before_receipt, o->receipt_grace_days * 4);
        compare_units(f, AUDIT_RECEIPT, AUDIT_QUESTION, is_before_receipt, o->receipt_grace_days);
    }
    if (o->asked[AUDIT_BACKDATED]) compare_units(f, AUDIT_BACKDATED, AUDIT_CRITICAL, is_backdated, o->backdated_days);
    /* A list that keeps no mandates, or no signatures, has nothing to compare: that is said (unlooked), and not asked unit by unit. */
    if (o->asked[AUDIT_MANDATE]) {
        if (any(f, mandate_of)) compare_units(f, AUDIT_MANDATE, AUDIT_QUESTION, lacks_mandate, 0);
        else f->audit->unlooked[AUDIT_MANDATE] = f->r->count;
    }
    if (o->asked[AUDIT_SIGNATURE]) {
        if (any(f, signature_of)) compare_units(f, AUDIT_SIGNATURE, AUDIT_QUESTION, lacks_signature, 0);
        else f->audit->unlooked[AUDIT_SIGNATURE] = f->r->count;
    }
    if (o->asked[AUDIT_REVIVED] && o->freeze != DAY_NONE) compare_units(f, AUDIT_REVIVED, AUDIT_QUESTION, is_revived, 0);
}
