/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "people/labels.h"

const char *const column_labels[COL__COUNT] = {[COL_ID] = "Id in your own list",
    [COL_GIVEN_NAME] = "Given names",
    [COL_FAMILY_NAME] = "Family name",
    [COL_NAME] = "Name",
    [COL_BORN] = "Date of birth",
    [COL_EMAIL] = "E-mail address",
    [COL_PHONE] = "Telephone",
    [COL_PHONE_OTHER] = "Another telephone",
    [COL_ADDRESS] = "Street and number",
    [COL_ADDRESS_MORE] = "Address, second line",
    [COL_LOCALITY] = "Town",
    [COL_POSTCODE] = "Postcode",
    [COL_COUNTRY] = "Country",
    [COL_LANGUAGE] = "Language",
    [COL_CONSENT] = "May be reached by",
    [COL_CONSENT_SINCE] = "Agreed on",
    [COL_UNIT] = "Unit",
    [COL_SECTION] = "Section",
    [COL_CLASS] = "Class",
    [COL_STATUS] = "Status",
    [COL_STATUS_SINCE] = "Status since",
    [COL_STATUS_REASON] = "Reason of the status",
    [COL_HISTORY] = "All statuses",
    [COL_JOINED] = "Joined",
    [COL_RECORDED] = "Written down",
    [COL_FIRST_RECEIPT] = "First payment",
    [COL_PAID_UNTIL] = "Paid until",
    [COL_PAYER] = "Who pays",
    [COL_BANK] = "Account or cheque",
    [COL_METHOD] = "How it is paid",
    [COL_RECRUITER] = "Recruited by",
    [COL_MANDATE] = "Payment mandate",
    [COL_SIGNATURE] = "Signed form",
    [COL_DEVICE] = "Joined from",
    [COL_DECLARED] = "Declared support"};

bool consents(Str consent, Str way)
{
    for (Str rest = consent, word; rest.len;) {
        str_cut(rest, ' ', &word, &rest);
        if (str_equal(word, way)) return true;
    }
    return false;
}

Values values_for_organiser(const Values *v, Str consent)
{
    static const PeopleColumn open[] = {COL_GIVEN_NAME, COL_FAMILY_NAME, COL_LOCALITY, COL_LANGUAGE, COL_CONSENT, COL_UNIT, COL_SECTION,
        COL_CLASS, COL_STATUS, COL_STATUS_SINCE};
    static const PeopleColumn by_post[] = {COL_ADDRESS, COL_ADDRESS_MORE, COL_POSTCODE, COL_COUNTRY};
    Values seen = {0};
    for (int i = 0; i < COUNT_OF(open); i++) seen.of[open[i]] = v->of[open[i]];
    for (int i = 0; i < COUNT_OF(by_post) && consents(consent, S("post")); i++) seen.of[by_post[i]] = v->of[by_post[i]];
    if (consents(consent, S("email"))) seen.of[COL_EMAIL] = v->of[COL_EMAIL];
    if (consents(consent, S("phone")) || consents(consent, S("sms"))) {
        seen.of[COL_PHONE] = v->of[COL_PHONE];
        seen.of[COL_PHONE_OTHER] = v->of[COL_PHONE_OTHER];
    }
    return seen;
}
