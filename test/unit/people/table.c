/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "people/table.h"

#include <string.h>

static const TableOptions plain = {.name = {"members.csv", 11}, .country = {"GB", 2}, .no_phones = true};

/* Everything that comes out, as text: a line for each value and each fault. In pieces of `size` bytes; 0: whole. */
static Str dump(Arena *a, const TableOptions *o, Str text, size_t size, bool keep)
{
    Table *t = table_open(a, o);
    TableRow row;
    Fault fault = {0};
    Buf b = buf_new(a);
    if (!size) size = text.len + 1;
    Err e = ERR_MISSING;
    for (size_t at = 0; e == ERR_MISSING; at += size) {
        bool last = at + size >= text.len;
        Str piece = str_slice(text, at < text.len ? at : text.len, last ? text.len : at + size);
        e = table_feed(t, str_copy(a, piece), last, &fault);
        while (!e && !(e = table_next(t, keep ? a : NULL, &row, &fault))) {
            buf_format(&b, "%d", (int)row.line);
            for (int c = 0; c < COL__COUNT; c++)
                if (row.values.of[c].len) buf_format(&b, " %s=%.*s", people_columns[c].name, STR_ARG(row.values.of[c]));
            for (int i = 0; i < row.fault_count; i++) buf_format(&b, "\n%.*s", STR_ARG(fault_text(a, &row.faults[i])));
            buf_byte(&b, '\n');
        }
        if (last) break;
    }
    if (e != ERR_MISSING) buf_format(&b, "%.*s\n", STR_ARG(fault_text(a, &fault)));
    else assert_int_equal(table_offset(t), (int)text.len);
    return buf_done(&b);
}

static void same_in_pieces(Arena *a, const TableOptions *o, Str text, Str expected)
{
    for (size_t size = 0; size < 24; size++) assert_same_str(dump(a, o, text, size, size % 2), expected);
}

/* `text` gives `expected`, in pieces of any size. */
static void check(Arena *a, const char *text, const char *expected)
{
    same_in_pieces(a, &plain, str_from_c(text), str_from_c(expected));
}

static void rows_come_out_by_their_header(void **state)
{
    check(*state, "id,First Name,Last-Name,E-mail\n1,Ada,Poll,ada@example.org\n",
        "2 id=1 given_name=Ada family_name=Poll email=ada@example.org\n");
    check(*state, "\xef\xbb\xbf\r\n\r\nid;given_name\r\n1;Ada\r\n\r\n2;Bo", "4 id=1 given_name=Ada\n6 id=2 given_name=Bo\n");
    check(*state, "id\tgiven_name\r1\tAda\r;\t;\r\t\r2\tBo\r",
        "2 id=1 given_name=Ada\n3 id=;\n"
        "members.csv:3:3: expected a name, with a letter in it, in the column 'given_name', found ';'\n5 id=2 given_name=Bo\n");
    check(*state, "shoe size,id\n44,7\n", "2 id=7\n");
    check(*state, "id,given_name\n,\n\n", "");
    check(*state, "id\n1", "2 id=1\n");
    check(*state, "ip,id\n\n1,1\n2,\n,2\n",
        "3 id=1 device=1\n4 device=2\nmembers.csv:4:1: expected an id, a name or an e-mail address, so that it is known "
        "who it is, found none\n5 id=2\n");
}

static void a_whole_name_is_two(void **state)
{
    check(*state, "name\nAda Maria Poll\nPoll\nAda Poll (2)\n1 Poll\n",
        "2 given_name=Ada Maria family_name=Poll name=Ada Maria Poll\n3 family_name=Poll name=Poll\n"
        "4 given_name=Ada family_name=Poll (2) name=Ada Poll (2)\n5 family_name=1 Poll name=1 Poll\n");
    check(*state, "name,given_name\nAda Poll,\n", "2 name=Ada Poll\n");
}

static void quotes_are_as_rfc_4180_has_them(void **state)
{
    check(*state, "\"id\",\"address\"\n\"1\",\"1, High \"\"St\"\"\r\nOld Town\"\n2,b\n",
        "2 id=1 address=1, High \"St\" Old Town\n4 id=2 address=b\n");
    check(*state, "id,address\n1,5\" Lane\n", "2 id=1 address=5\" Lane\n");
    check(*state, "id,address\n1,\"a\" b\n2,c\n",
        "2 id=1\nmembers.csv:2:3: expected a separator or the line's end behind the quote that ends the cell, in the column 'address', "
        "found '\"a\" b'\n3 id=2 address=c\n");
    check(*state, "id,address\n1,a\n2,\"b\n3,c\n",
        "2 id=1 address=a\nmembers.csv:3:3: expected a quote (\") that ends what this one begins, found none\n");
    check(*state, "id,address\n1,\"\"\"\"\n", "2 id=1 address=\"\n");
}

static void a_bad_row_is_told_and_the_next_is_read(void **state)
{
    check(*state, "id,given_name,email\n1,Ada\n2,Bo,b@example.org\n3,Cy,c@example.org,x\n4,Di,,\n",
        "2\nmembers.csv:2:1: expected 3 cells, as in the header, found 2\n3 id=2 given_name=Bo email=b@example.org\n"
        "4\nmembers.csv:4:1: expected 3 cells, as in the header, found 4\n5 id=4 given_name=Di\n");
    check(*state, "name,e-mail,joined\nZo\xc3\xab Poll,zoe at example,31/02/2013\n",
        "2 given_name=Zo\xc3\xab family_name=Poll name=Zo\xc3\xab Poll\n"
        "members.csv:2:10: expected an e-mail address, as name@example.org, in the column 'e-mail', found 'zoe at example'\n"
        "members.csv:2:25: expected a day that there is, from 1800 to 2199, in the column 'joined', found '31/02/2013'\n");
    check(*state, "id,given_name,unit\n,,leeds\n",
        "2 unit=leeds\nmembers.csv:2:1: expected an id, a name or an e-mail address, so that it is known who it is, found none\n");
    check(
        *state, "id,given_name\n1,\xff\n", "2 id=1\nmembers.csv:2:3: expected text in UTF-8, in the column 'given_name', found '\\xFF'\n");
    Str zero = S("id,given_name\n1,A\0da\n2,Bo\n");
    same_in_pieces(*state, &plain, zero,
        S("2 id=1\nmembers.csv:2:3: expected text on one line, without control characters, in the column 'given_name', "
          "found 'A\\x00da'\n3 id=2 given_name=Bo\n"));
}

static void what_ends_a_file_is_told(void **state)
{
    check(*state, "", "");
    check(*state, "Ada,Poll,ada@example.org\n",
        "members.csv:1:1: expected a first row with the names of the columns, as id, given_name, family_name, email, found 'Ada'\n");
    check(*state, "id,email,e_mail\n1,,\n",
        "members.csv:1:10: expected 'email' in one column alone ('email' has it already: leave one of them out in the mapping), found "
        "'e_mail'\n");
    same_in_pieces(*state, &plain, S("\xff\xfei\0d\0\n\0"),
        S("members.csv:1:1: expected text in UTF-8 (in a spreadsheet: save as \"CSV UTF-8\"), found UTF-16\n"));
    same_in_pieces(*state, &plain, S("i\0d\0\n\0"),
        S("members.csv:1:1: expected text in UTF-8 (in a spreadsheet: save as \"CSV UTF-8\"), found UTF-16\n"));
    same_in_pieces(*state, &plain, S("PK\x03\x04zzzz\n"),
        S("members.csv:1:1: expected a list as CSV (in a spreadsheet: save as \"CSV UTF-8\"), found a spreadsheet's own file\n"));
}

/* A row may have TABLE_ROW_MAX bytes with its line end, and not one more. */
static void a_row_may_be_so_long(void **state)
{
    for (int more = -1; more <= 1; more++) {
        Buf b = buf_new(*state);
        buf_str(&b, S("id,note\n1,"));
        for (int i = 0; i < TABLE_ROW_MAX - 3 + more; i++) buf_byte(&b, 'x');
        buf_str(&b, S("\n2,b\n"));
        Str expected = more > 0 ? S("members.csv:2: expected a row of at most 65536 bytes, found a longer one\n") : S("2 id=1\n3 id=2\n");
        static const size_t sizes[] = {0, 7, 1000, 65535, 65536, 65537, 65550};
        for (int i = 0; i < COUNT_OF(sizes); i++) assert_same_str(dump(*state, &plain, buf_done(&b), sizes[i], false), expected);
    }
}

static void a_mapping_rules_over_names(void **state)
{
    const Str map[] = {S("Ref"), S("id"), S("Email"), S("-"), S("Work mail"), S("email")};
    TableOptions o = plain;
    o.map = map;
    o.map_count = 3;
    same_in_pieces(*state, &o, S("ref,email,work mail\n1,x,a@example.org\n"), S("2 id=1 email=a@example.org\n"));
    same_in_pieces(*state, &o, S("ref,email\n1,x\n"),
        S("members.csv:1: expected the columns that the mapping names, found none called 'Work mail'\n"));
    const Str wrong[] = {S("ref"), S("shoe")};
    o.map = wrong;
    o.map_count = 1;
    same_in_pieces(*state, &o, S("ref,id\n1,2\n"),
        S("members.csv:1: expected a mapping to columns that there are (docs/people-columns.md), found 'shoe'\n"));
}

static void windows_1252_is_read_when_told(void **state)
{
    TableOptions o = plain;
    o.windows_1252 = true;
    same_in_pieces(*state, &o,
        S("id,given_name,address\n1,Ren\xe9,\"O\x92"
          "Connell\x80\"\n"),
        S("2 id=1 given_name=Ren\xc3\xa9 address=O\xe2\x80\x99"
          "Connell\xe2\x82\xac\n"));
    same_in_pieces(*state, &o, S("id,given_name\n1,a\x81\n"),
        S("2 id=1\nmembers.csv:2:3: expected text on one line, without control characters, in the column 'given_name', found "
          "'a\\xC2\\x81'\n"));
}

typedef struct Reading {
    PeopleColumn column;
    const char *typed, *becomes; /* NULL: refused */
} Reading;

static void values_have_one_form(void **state)
{
    static const Reading rows[] = {{COL_BORN, "2013-06-25", "2013-06-25"}, {COL_BORN, "25/06/2013", "2013-06-25"},
        {COL_BORN, "5.6.2013", "2013-06-05"}, {COL_BORN, "25 June 2013", "2013-06-25"}, {COL_BORN, "25-Sept-2013", "2013-09-25"},
        {COL_BORN, "2 jan. 2013", "2013-01-02"}, {COL_BORN, "2013/6/25", "2013-06-25"}, {COL_BORN, "2013-06-25T10:11:12Z", "2013-06-25"},
        {COL_BORN, "2013-06-25 10:11:12.5", "2013-06-25"}, {COL_BORN, "25/06/2013 00:00", "2013-06-25"},
        {COL_BORN, "29/02/2012", "2012-02-29"}, {COL_BORN, "", ""}, {COL_BORN, "06/25/2013", NULL}, {COL_BORN, "25/06/13", NULL},
        {COL_BORN, "29/02/2013", NULL}, {COL_BORN, "25/06-2013", NULL}, {COL_BORN, "25062013", NULL}, {COL_BORN, "June 2013", NULL},
        {COL_BORN, "41450", NULL}, {COL_BORN, "2013-06-25x", NULL}, {COL_BORN, "25 Juno 2013", NULL}, {COL_BORN, "1/2/99999999999", NULL},
        {COL_BORN, "2013", NULL}, {COL_BORN, "1799-12-31", NULL}, {COL_STATUS, "Current", "active"}, {COL_STATUS, "IN ARREARS", "lapsed"},
        {COL_STATUS, "gone", NULL},
        {COL_HISTORY, "active 2012-01-03; lapsed 2013-01-03 unpaid", "active 2012-01-03; lapsed 2013-01-03 unpaid"},
        {COL_HISTORY, "lapsed 2013-01-03; active 2012-01-03", NULL}, {COL_HISTORY, "asleep 2013-01-03", NULL},
        {COL_CLASS, "Full Member", "full-member"}, {COL_CLASS, "youth", "youth"}, {COL_CLASS, "--", NULL}, {COL_LANGUAGE, "en-GB", "en"},
        {COL_LANGUAGE, "CY", "cy"}, {COL_LANGUAGE, "English", NULL}, {COL_LANGUAGE, "e", NULL},
        {COL_CONSENT, "E-mail, phone", "phone email"}, {COL_CONSENT, "none", ""}, {COL_CONSENT, "sms;post|calls", "phone sms post"},
        {COL_CONSENT, "yes", NULL}, {COL_PHONE, "(020) 7946 0000", "02079460000"}, {COL_PHONE, "+44 20 7946 0000", "+442079460000"},
        {COL_PHONE, "none", NULL}, {COL_POSTCODE, "ls11aa", "LS1 1AA"}, {COL_POSTCODE, "75001", NULL}, {COL_COUNTRY, "fr", "FR"},
        {COL_COUNTRY, "Atlantis", NULL}, {COL_GIVEN_NAME, "Re\xcc\x81mi", "R\xc3\xa9mi"}, {COL_GIVEN_NAME, "7", NULL},
        {COL_UNIT, " Leeds  North ", "Leeds North"}};
    ValueOptions o = {.country = S("GB"), .no_phones = true};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Str value;
        const char *expected = NULL;
        bool good = value_read(*state, rows[i].column, str_from_c(rows[i].typed), &o, &value, &expected);
        if (good != (rows[i].becomes != NULL)) fail_msg("row %d: '%s' was %s", i, rows[i].typed, good ? "taken" : expected);
        if (good) assert_same_str(value, str_from_c(rows[i].becomes));
        else assert_true(expected && *expected);
    }
}

static void months_first_are_told(void **state)
{
    check(*state, "id,joined\n1,06/25/2013\n",
        "2 id=1\nmembers.csv:2:3: expected a date with the day first, as 25/06/2013 (this one has the month first, and so may all of its "
        "column: write them as "
        "2013-06-25), in the column 'joined', found '06/25/2013'\n");
}

static void the_country_of_the_row_rules(void **state)
{
    check(*state, "id,postcode,country\n1,75001,FR\n2,75001,\n",
        "2 id=1 postcode=75001 country=FR\n3 id=2\nmembers.csv:3:3: expected a British postcode, as SW1A 1AA, in the column 'postcode', "
        "found '75001'\n");
}

static void flattened_osdi_is_understood(void **state)
{
    check(*state,
        "identifiers,given_name,email_addresses/0/address,postal_addresses.0.postal_code,phone_numbers[0].number\n"
        "\"elsewhere:1,other:2\",Ada,a@example.org,LS1 1AA,020 7946 0000\n",
        "2 id=elsewhere:1 given_name=Ada email=a@example.org phone=02079460000 postcode=LS1 1AA\n");
    check(*state, "id,mobile,telephone\n1,07700 900123,020 7946 0000\n", "2 id=1 phone=07700900123 phone_other=02079460000\n");
}

static const char osdi_expected[] =
    "%d id=elsewhere:1 given_name=Ada family_name=Poll born=1980-06-25 email=ada@example.org phone=07700900123 phone_other=02079460000 "
    "address=1 High Street address_more=Flat 2 locality=Leeds postcode=LS1 1AA country=GB language=en class=youth recorded=2013-06-25\n"
    "%d given_name=Jun family_name=Tally name=Jun Tally\n";

/* A collection, an array and lines give the same rows. */
static void osdi_json_gives_the_same_rows(void **state)
{
#define ADA                                                                                                                                \
    "{\"identifiers\":[\"elsewhere:1\",\"other:2\"],\"given_name\":\"Ada\",\"family_name\":\"Poll\",\"birthdate\":{\"year\":1980,"         \
    "\"month\":6,\"day\":25},"                                                                                                             \
    "\"email_addresses\":[{\"address\":\"old@example.org\"},{\"primary\":true,\"address\":\"ada@example.org\",\"status\":\"subscribed\"}]" \
    ","                                                                                                                                    \
    "\"phone_numbers\":[{\"number\":\"07700 900123\"},{\"number\":\"020 7946 0000\"}],\"postal_addresses\":[{\"primary\":true,"            \
    "\"address_lines\":[\"1 High Street\",\"Flat 2\"],\"locality\":\"Leeds\",\"postal_code\":\"ls1 1aa\",\"country\":\"GB\","              \
    "\"location\":{\"latitude\":53.8,\"longitude\":-1.5}}],\"languages_spoken\":[\"en\",\"cy\"],\"custom_fields\":{\"class\":\"youth\","   \
    "\"}{\":\"[\\\"\"},"                                                                                                                   \
    "\"created_date\":\"2013-06-25T10:00:00Z\",\"_links\":{\"self\":{\"href\":\"https://example.org/1\"}}}"
#define JUN "{\"name\":\"Jun Tally\",\"given_name\":null,\"additional_name\":\"\"}"
    check(*state, "\n[" ADA ",\n" JUN "]\n", (const char *)str_c(*state, str_format(*state, osdi_expected, 2, 3)));
    check(*state, ADA "\n\n" JUN "\n", str_c(*state, str_format(*state, osdi_expected, 1, 3)));
    check(*state, "{\"osdi:people\" : [" ADA "," JUN "], \"total\":\"]\"}", str_c(*state, str_format(*state, osdi_expected, 1, 1)));
    check(*state,
        "{\"total_pages\":1,\"_links\":{\"osdi:people\":[{\"href\":\"https://example.org/1\"}]},\n\"_embedded\":{\"osdi:people\":[\n" ADA
        ",\n" JUN "]}}\n",
        str_c(*state, str_format(*state, osdi_expected, 3, 4)));
    check(*state, "[]", "");
}

static void faults_of_json_are_told(void **state)
{
    check(*state, "[\n{\"given_name\":\"Ada\",\"email_addresses\":[{\"address\":\"x\"}]},\n{\"given_name\":tru},\n{\"x\":1}]",
        "2 given_name=Ada\nmembers.csv:2: expected an e-mail address, as name@example.org, in 'email_addresses[0].address', found 'x'\n"
        "3\nmembers.csv:3:17: expected a person as JSON, found invalid token near 'tru'\n"
        "4\nmembers.csv:4: expected an identifier, a name or an e-mail address, so that it is known who it is, found none\n");
    check(*state, "[{\"given_name\":\"Ada\"}",
        "1 given_name=Ada\nmembers.csv:1: expected the end of what was begun with { or [, found the end of the file\n");
    check(*state, "{\"osdi:people\":[{\"given_name\":\"Ada\"}]",
        "1 given_name=Ada\nmembers.csv:1: expected the end of what was begun with { or [, found the end of the file\n");
    check(*state, "[7]", "members.csv:1: expected a person, as a JSON object in braces, found '7'\n");
    check(*state, "[] x", "members.csv:1: expected the end of the file behind the list of persons, found more\n");
    check(*state, "[{\"name\":\"Ada Poll\",\"email\":\"a@example.org\",\"e_mail\":\"b@example.org\"}]",
        "1 given_name=Ada family_name=Poll name=Ada Poll email=a@example.org\nmembers.csv:1: expected 'email' once ('email' has it, too: "
        "leave one of them out in "
        "the mapping), found 'e_mail'\n");
    const Str map[] = {S("custom_fields.code"), S("unit"), S("e_mail"), S("-")};
    TableOptions o = plain;
    o.map = map;
    o.map_count = 2;
    same_in_pieces(*state, &o,
        S("[{\"name\":\"Ada Poll\",\"email\":\"a@example.org\",\"e_mail\":\"b@example.org\",\"custom_fields\":{\"code\":\"leeds\"}}]"),
        S("1 given_name=Ada family_name=Poll name=Ada Poll email=a@example.org unit=leeds\n"));
}

/* More names than are learned at first. */
static void a_person_may_have_many_fields(void **state)
{
    Buf b = buf_new(*state);
    buf_str(&b, S("{\"custom_fields\":{"));
    for (int i = 0; i < 700; i++) buf_format(&b, "\"f%d\":\"%d\",", i, i);
    buf_str(&b, S("\"member_number\":7}}"));
    Str text = buf_done(&b), row = S("1 id=7\n");
    assert_same_str(dump(*state, &plain, text, 0, false), row);
    assert_same_str(dump(*state, &plain, text, 100, false), row);
}

static void a_header_can_be_shown(void **state)
{
    Table *t = table_open(*state, &plain);
    Fault fault = {0};
    TableRow row;
    assert_null(table_header(t));
    assert_int_equal(table_feed(t, S("Who;Shoe\n"), true, &fault), ERR_OK);
    assert_int_equal(table_next(t, NULL, &row, &fault), ERR_INPUT);
    const TableHeader *h = table_header(t);
    assert_non_null(h);
    assert_int_equal(h->count, 2);
    assert_int_equal(h->separator, ';');
    assert_same_str(h->cells[1], S("Shoe"));
    assert_int_equal(h->columns[1], COL__COUNT);
    assert_int_equal(table_feed(t, S("x"), true, &fault), ERR_INPUT);
}

static void what_is_written_is_read_again(void **state)
{
    static const char *const values[] = {
        "=1+1", "'=x", "-", "+44x", "+447700900123", "a,b", "say \"so\"", "@home", "''+", "plain", "semi;colon", "'quoted'"};
    Buf b = buf_new(*state);
    table_write_header(&b, NULL);
    for (int i = 0; i < COUNT_OF(values); i++) {
        Values v = {0};
        v.of[COL_ID] = v.of[COL_PAYER] = v.of[COL_ADDRESS] = str_from_c(values[i]);
        table_write_row(&b, NULL, &v);
    }
    Table *t = table_open(*state, &plain);
    TableRow row;
    Fault fault = {0};
    assert_int_equal(table_feed(t, buf_done(&b), true, &fault), ERR_OK);
    for (int i = 0; i < COUNT_OF(values); i++) {
        assert_int_equal(table_next(t, *state, &row, &fault), ERR_OK);
        assert_int_equal(row.fault_count, 0);
        assert_same_str(row.values.of[COL_ID], str_from_c(values[i]));
        assert_same_str(row.values.of[COL_PAYER], str_from_c(values[i]));
    }
    assert_int_equal(table_next(t, NULL, &row, &fault), ERR_MISSING);
    Buf some = buf_new(*state);
    bool columns[COL__COUNT] = {[COL_ID] = true, [COL_PHONE] = true};
    Values v = {.of = {[COL_ID] = S("=1"), [COL_PHONE] = S("+447700900123"), [COL_NAME] = S("x")}};
    table_write_header(&some, columns);
    table_write_row(&some, columns, &v);
    assert_same_str(buf_done(&some), S("id,phone\r\n'=1,+447700900123\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(rows_come_out_by_their_header),
        arena_test(a_whole_name_is_two),
        arena_test(quotes_are_as_rfc_4180_has_them),
        arena_test(a_bad_row_is_told_and_the_next_is_read),
        arena_test(what_ends_a_file_is_told),
        arena_test(a_row_may_be_so_long),
        arena_test(a_mapping_rules_over_names),
        arena_test(windows_1252_is_read_when_told),
        arena_test(values_have_one_form),
        arena_test(months_first_are_told),
        arena_test(the_country_of_the_row_rules),
        arena_test(flattened_osdi_is_understood),
        arena_test(osdi_json_gives_the_same_rows),
        arena_test(faults_of_json_are_told),
        arena_test(a_person_may_have_many_fields),
        arena_test(a_header_can_be_shown),
        arena_test(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
