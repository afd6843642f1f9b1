/* columns.h: the columns of a list of members: their names, what they hold, and who may see them. One table for reading, writing, mapping and help.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A row is one membership of one person; a person with two memberships has two rows with the same `id`. The header names columns in any order; names are
 * compared without case, blanks, hyphens and underscores. Aliases are what other programs call them (OSDI: given_name, identifiers,
 * postal_addresses[0].postal_code ...; docs/people-columns.md is made from this table).
 */
#ifndef HUSTINGS_PEOPLE_COLUMNS_H
#define HUSTINGS_PEOPLE_COLUMNS_H

#include "core/str.h"

typedef enum PeopleKind {
    PEOPLE_LINE,    /* text on one line, NFC */
    PEOPLE_NAME,    /* the same, of a person: at least one letter */
    PEOPLE_SLUG,    /* a unit: its slug, or its name */
    PEOPLE_WORD,    /* a word of the organisation's own: lower-case letters, digits, hyphens (section, class) */
    PEOPLE_STATUS,  /* active, lapsed, resigned, suspended, expelled, died, applied */
    PEOPLE_HISTORY, /* "active 2012-01-03; lapsed 2013-01-03 unpaid; active 2013-05-01": oldest first */
    PEOPLE_DATE,    /* 2013-06-25; 25/06/2013 when the day can be told (docs/people-columns.md) */
    PEOPLE_EMAIL,
    PEOPLE_PHONE,    /* E.164 after reading; national form understood with the country of the row, else of the installation */
    PEOPLE_POSTCODE, /* checked for GB; elsewhere a line */
    PEOPLE_COUNTRY,  /* ISO 3166-1 alpha-2 */
    PEOPLE_LANGUAGE, /* BCP 47, its first part */
    PEOPLE_CONSENT,  /* words of: phone sms email post */
    PEOPLE_DIGEST,   /* a digest of a mandate's or form's picture, or its reference: compared, never opened */
    PEOPLE_KEY,      /* what is only compared (payer, bank account, device): a line */
} PeopleKind;

/* COLUMN(id, name, kind, of, aliases separated by spaces, help). of: P the person, M the membership. */
// clang-format off
#define PEOPLE_COLUMNS(COLUMN) \
    COLUMN(ID,            "id",            PEOPLE_LINE,     P, "identifiers identifier membership_number member_number membership_id member_id external_id uuid", \
        "what your own list calls this person: the same on every row of hers, and at the next import") \
    COLUMN(GIVEN_NAME,    "given_name",    PEOPLE_NAME,     P, "first_name forename forenames given firstname", "given names") \
    COLUMN(FAMILY_NAME,   "family_name",   PEOPLE_NAME,     P, "last_name surname family lastname", "family name") \
    COLUMN(NAME,          "name",          PEOPLE_NAME,     P, "full_name member member_name", "the whole name, where a list has one column for it") \
    COLUMN(BORN,          "born",          PEOPLE_DATE,     P, "date_of_birth dob birthdate birthday", "date of birth") \
    COLUMN(EMAIL,         "email",         PEOPLE_EMAIL,    P, "email_address e_mail mail email_addresses email_addresses[0].address email_addresses.address", "e-mail address") \
    COLUMN(PHONE,         "phone",         PEOPLE_PHONE,    P, "telephone tel phone_number mobile mobile_number phone_numbers phone_numbers[0].number phone_numbers.number", "telephone number") \
    COLUMN(PHONE_OTHER,   "phone_other",   PEOPLE_PHONE,    P, "home_phone landline phone2 phone_2 phone_numbers[1].number", "another telephone number") \
    COLUMN(ADDRESS,       "address",       PEOPLE_LINE,     P, "address_1 address1 address_line_1 street street_address postal_addresses postal_addresses[0].address_lines postal_addresses.address_lines postal_addresses[0].address_lines[0]", "street and house number") \
    COLUMN(ADDRESS_MORE,  "address_more",  PEOPLE_LINE,     P, "address_2 address2 address_line_2 postal_addresses[0].address_lines[1]", "the address's second line") \
    COLUMN(LOCALITY,      "locality",      PEOPLE_LINE,     P, "city town post_town postal_addresses[0].locality postal_addresses.locality", "town") \
    COLUMN(POSTCODE,      "postcode",      PEOPLE_POSTCODE, P, "postal_code post_code zip zip_code zipcode postal_addresses[0].postal_code postal_addresses.postal_code", "postcode") \
    COLUMN(COUNTRY,       "country",       PEOPLE_COUNTRY,  P, "country_code postal_addresses[0].country postal_addresses.country", "country, as two letters") \
    COLUMN(LANGUAGE,      "language",      PEOPLE_LANGUAGE, P, "lang languages_spoken preferred_language", "language she likes to be spoken to in") \
    COLUMN(CONSENT,       "consent",       PEOPLE_CONSENT,  P, "may_contact contact_consent", "how she agreed to be reached: phone sms email post") \
    COLUMN(CONSENT_SINCE, "consent_since", PEOPLE_DATE,     P, "consent_date", "when she agreed") \
    COLUMN(UNIT,          "unit",          PEOPLE_SLUG,     M, "branch constituency clp ward group chapter local_party society", "the unit she belongs to") \
    COLUMN(SECTION,       "section",       PEOPLE_WORD,     M, "membership_section electoral_section", "section: members, affiliates ...") \
    COLUMN(CLASS,         "class",         PEOPLE_WORD,     M, "membership_class membership_type member_type rate category", "class: standard, youth, supporter ...") \
    COLUMN(STATUS,        "status",        PEOPLE_STATUS,   M, "membership_status member_status", "active, applied, lapsed, resigned, suspended, expelled, died") \
    COLUMN(STATUS_SINCE,  "status_since",  PEOPLE_DATE,     M, "status_date", "since when") \
    COLUMN(STATUS_REASON, "status_reason", PEOPLE_LINE,     M, "", "why") \
    COLUMN(HISTORY,       "history",       PEOPLE_HISTORY,  M, "status_history membership_history", "all statuses, oldest first, instead of the three columns before") \
    COLUMN(JOINED,        "joined",        PEOPLE_DATE,     M, "join_date date_joined joined_on member_since start_date", "date of joining") \
    COLUMN(RECORDED,      "recorded",      PEOPLE_DATE,     M, "created_date date_recorded entered created_at processed", "the day on which the membership was written down") \
    COLUMN(FIRST_RECEIPT, "first_receipt", PEOPLE_DATE,     M, "first_payment first_payment_date first_paid date_first_paid", "the day of the first payment") \
    COLUMN(PAID_UNTIL,    "paid_until",    PEOPLE_DATE,     M, "renewal_date expiry expires expiry_date", "until when the fee is paid") \
    COLUMN(PAYER,         "payer",         PEOPLE_KEY,      M, "payer_reference paid_by payer_id", "who pays: a name or reference") \
    COLUMN(BANK,          "bank",          PEOPLE_KEY,      M, "bank_reference bank_account account_reference cheque cheque_number iban", "the account or cheque it came from") \
    COLUMN(METHOD,        "method",        PEOPLE_WORD,     M, "payment_method", "how: direct-debit, card, cheque, cash, union") \
    COLUMN(RECRUITER,     "recruiter",     PEOPLE_KEY,      M, "recruited_by recruiter_id referrer", "who recruited her: an id of this list, or a name") \
    COLUMN(MANDATE,       "mandate",       PEOPLE_DIGEST,   M, "mandate_hash direct_debit_mandate", "digest or reference of the payment mandate") \
    COLUMN(SIGNATURE,     "signature",     PEOPLE_DIGEST,   M, "signature_hash form_hash", "digest of the signed form") \
    COLUMN(DEVICE,        "device",        PEOPLE_KEY,      M, "device_id ip ip_address", "what she joined from, when that was on line") \
    COLUMN(DECLARED,      "declared",      PEOPLE_DATE,     M, "declaration_date supporter_declared affiliated_supporter_declared", "the day on which an affiliated supporter declared support")
// clang-format on

#define PEOPLE_COLUMN_ID(id, name, kind, of, aliases, help) COL_##id,
typedef enum PeopleColumn { PEOPLE_COLUMNS(PEOPLE_COLUMN_ID) COL__COUNT } PeopleColumn;

typedef struct PeopleColumnInfo {
    const char *name;
    PeopleKind kind;
    bool of_person;
    const char *aliases;
    const char *help;
} PeopleColumnInfo;
extern const PeopleColumnInfo people_columns[COL__COUNT];

/* The column of that name or alias; COL__COUNT: none. */
PeopleColumn people_column(Str name);

typedef enum Status {
    STATUS_NONE,
    STATUS_APPLIED,
    STATUS_ACTIVE,
    STATUS_LAPSED,
    STATUS_SUSPENDED,
    STATUS_RESIGNED,
    STATUS_EXPELLED,
    STATUS_DIED,
    STATUS__COUNT
} Status;
Str status_name(Status status);
/* Understands synonyms ("current", "cancelled", "in arrears"): STATUS_NONE when it is none. */
Status status_of(Str word);

#endif
