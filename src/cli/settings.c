/* settings.c: the table, the file and the environment; config.c has what needs a command line.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * libinih is handed the file line by line, so that its number is known for every value and a line that inih would cut, or take for more of the value
 * before it, is refused instead.
 */
#include "cli/settings.h"

#include "net/mail.h"
#include "people/text.h"

#include <arpa/inet.h>
#include <ini.h>
#include <string.h>

enum { PORT_MAX = 65535, SOCKET_PATH_MAX = 107 };

#define SETTING_KEY(id, section, key, kind, standard, least, most, words, help) \
    {section, key, kind, standard, least, most, words, help, NULL},
#define SETTING_FLAG(id, section, key, kind, standard, least, most, words, help, option, letter, argument) \
    {section, key, kind, standard, least, most, words, help, option},
const Setting settings_table[SETTING__COUNT] = {SETTINGS(SETTING_KEY, SETTING_FLAG)};

/* --- what a value may be --- */

static bool is_one_of(Str words, Str value)
{
    for (Str word, rest = words; rest.len;) {
        str_cut(rest, ' ', &word, &rest);
        if (str_equal(word, value)) return true;
    }
    return false;
}

static bool is_made_of(Str text, const char *more)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && !strchr(more, c)) return false;
    }
    return text.len > 0;
}

/* Is `text` an IPv4 or IPv6 address? How many bits it has, or 0. */
static int address_bits(Arena *a, Str text)
{
    uint8_t bytes[16];
    const char *c_text = str_c(a, text);
    if (inet_pton(AF_INET, c_text, bytes) == 1) return 32;
    return inet_pton(AF_INET6, c_text, bytes) == 1 ? 128 : 0;
}

static bool is_listen(Arena *a, Str value)
{
    if (str_starts(value, S("unix:"))) return value.len > 5 && value.len - 5 <= SOCKET_PATH_MAX;
    bool v6 = str_starts(value, S("["));
    size_t end = v6 ? str_find(value, ']') : str_find(value, ':');
    if (end == value.len) return false;
    Str address = str_slice(value, v6 ? 1 : 0, end), port = str_slice(value, v6 ? end + 1 : end, value.len);
    int64_t number;
    return address_bits(a, address) == (v6 ? 128 : 32) && str_starts(port, S(":")) && str_to_i64(str_slice(port, 1, port.len), &number) &&
           number >= 0 && number <= PORT_MAX;
}

static bool is_network(Arena *a, Str text)
{
    if (str_equal(text, S("unix"))) return true;
    Str address, length;
    bool network = str_cut(text, '/', &address, &length);
    int64_t bits;
    int most = address_bits(a, address);
    return most && (!network || (str_to_i64(length, &bits) && bits >= 0 && bits <= most));
}

static bool are_networks(Arena *a, Str value)
{
    while (value.len) {
        Str one;
        str_cut(value, ',', &one, &value);
        if (!is_network(a, str_trim(one))) return false;
    }
    return true;
}

static bool is_web_address(Str value)
{
    size_t start = str_starts(value, S("https://")) ? 8 : str_starts(value, S("http://")) ? 7 : 0;
    return start && is_made_of(str_slice(value, start, value.len), ".-:[]");
}

static bool is_smtp(Str value)
{
    size_t start = str_starts(value, S("smtps://")) ? 8 : str_starts(value, S("smtp://")) ? 7 : 0;
    return str_equal(value, S("outbox")) || (start && is_made_of(str_slice(value, start, value.len), ".-:[]"));
}

static bool is_zone(Str value)
{
    return is_made_of(value, "_+-/") && value.ptr[0] != '/';
}

static bool is_country(Arena *a, Str value)
{
    Str country;
    const char *expected;
    return value.len == 2 && text_country(a, value, &country, &expected) && str_equal(country, value);
}

static bool is_store(Str value)
{
    for (size_t i = 0; i + 3 <= value.len; i++)
        if (memcmp(value.ptr + i, "://", 3) == 0) return str_starts(value, S("postgres://")) || str_starts(value, S("postgresql://"));
    return value.len > 0 && !str_equal(value, S("sqlite:"));
}

/* The next of a list, separated by commas. */
static bool next_of(Str *list, Str *ret_one)
{
    if (!list->len) return false;
    str_cut(*list, ',', ret_one, list);
    *ret_one = str_trim(*ret_one);
    return true;
}

static bool are_witnesses(Arena *a, Str value)
{
    Str one;
    Witness witness;
    Fault fault = {0};
    int count = 0;
    while (next_of(&value, &one))
        if (witness_read(a, one, &witness, &fault) || ++count > RECORD_WITNESSES_MAX) return false;
    return true;
}

bool setting_is_name(Str value)
{
    return value.len > 0 && value.len <= SETTING_NAME_MAX && str_is_clean_text(value) && str_find(value, '\t') == value.len &&
           str_equal(str_trim(value), value);
}

static bool is_number(const Setting *setting, Str value, int64_t *ret_number)
{
    return str_to_i64(value, ret_number) && *ret_number >= setting->least && *ret_number <= setting->most;
}

/* Good, and what number it stands for? A setting that has no standard value may be empty. */
static bool is_good(Arena *a, const Setting *setting, Str value, int64_t *ret_number)
{
    *ret_number = 0;
    if (!value.len && !setting->standard[0]) return true;
    switch (setting->kind) {
    case SETTING_TEXT:
    case SETTING_PATH: return value.len > 0 && str_is_clean_text(value);
    case SETTING_NAME: return setting_is_name(value);
    case SETTING_NUMBER: return is_number(setting, value, ret_number);
    case SETTING_SWITCH: *ret_number = str_equal(value, S("yes")); return is_one_of(S("yes no"), value);
    case SETTING_CHOICE: return is_one_of(str_from_c(setting->words), value);
    case SETTING_STORE: return is_store(value) && str_is_clean_text(value);
    case SETTING_LISTEN: return is_listen(a, value);
    case SETTING_PROXIES: return are_networks(a, value);
    case SETTING_ADDRESS: return is_web_address(value);
    case SETTING_ZONE: return is_zone(value);
    case SETTING_ORIGIN: return key_name_is_good(value);
    case SETTING_WITNESSES: return are_witnesses(a, value);
    case SETTING_SMTP: return is_smtp(value);
    case SETTING_EMAIL: return mail_address_is_good(value);
    case SETTING_COUNTRY: return is_country(a, value);
    }
    ASSERT(!"a kind without a check");
    return false;
}

static Str what_is_expected(Arena *a, const Setting *setting)
{
    switch (setting->kind) {
    case SETTING_TEXT: return S("a line of text");
    case SETTING_NAME: return S("a name, on one line, of at most 200 bytes");
    case SETTING_PATH: return S("a path");
    case SETTING_NUMBER: return str_format(a, "a whole number from %lld to %lld", (long long)setting->least, (long long)setting->most);
    case SETTING_SWITCH: return S("yes or no");
    case SETTING_CHOICE: return str_format(a, "one of: %s", setting->words);
    case SETTING_STORE: return S("a path, or postgres://USER@HOST/DATABASE");
    case SETTING_LISTEN: return S("ADDRESS:PORT, [V6]:PORT or unix:PATH");
    case SETTING_PROXIES: return S("addresses, networks such as 10.0.0.0/8, or 'unix', separated by commas");
    case SETTING_ADDRESS: return S("http:// or https://, a host and maybe a port, and nothing after them");
    case SETTING_ZONE: return S("the name of a time zone, such as Europe/London");
    case SETTING_ORIGIN: return S("a name without spaces and '+', such as vote.example.org/record");
    case SETTING_SMTP: return S("smtp://HOST or smtps://HOST, maybe with a port, or outbox");
    case SETTING_EMAIL: return S("an e-mail address, such as office@example.org");
    case SETTING_COUNTRY: return S("a country as two capitals (ISO 3166-1), such as GB");
    case SETTING_WITNESSES:
        return S("at most 16 witnesses, each as NAME+ID+KEY https://ADDRESS (a key that cosigns, as 'hustings witness' prints it)");
    }
    ASSERT(!"a kind without words");
    return (Str){0};
}

/* --- putting one in --- */

static Err put(Settings *s, SettingId id, Str value, SettingSource source, Fault *fault)
{
    const Setting *setting = &settings_table[id];
    int64_t number;
    if (!is_good(s->a, setting, value, &number)) {
        Str expected = what_is_expected(s->a, setting);
        bool secret = setting->kind == SETTING_STORE;
        Str found = secret ? S("something else") : value.len ? fault_quote(s->a, value) : S("nothing");
        return fault_set(fault, ERR_INPUT, 0, 0, str_format(s->a, "%s.%s: %.*s", setting->section, setting->key, STR_ARG(expected)), found);
    }
    s->values[id].text = str_copy(s->a, value);
    s->values[id].number = number;
    s->values[id].source = source;
    return ERR_OK;
}

void settings_init(Arena *a, Settings *ret_settings)
{
    *ret_settings = (Settings){.a = a};
    Fault fault = {0};
    for (int id = 0; id < SETTING__COUNT; id++)
        ASSERT(put(ret_settings, (SettingId)id, str_from_c(settings_table[id].standard), FROM_STANDARD, &fault) == ERR_OK);
}

Err settings_set(Settings *s, SettingId id, Str value, Fault *fault)
{
    Err e = put(s, id, value, FROM_OPTION, fault);
    if (e) fault->file = str_format(s->a, "--%s", settings_table[id].option ? settings_table[id].option : settings_table[id].key);
    return e;
}

/* --- the file --- */

typedef struct Reading {
    Settings *s;
    Fault *fault;
    Str rest;
    int64_t line;
    bool failed;
    bool seen[SETTING__COUNT];
} Reading;

/* Remember the first mistake and where it stands. */
static bool wrong(Reading *in, Str expected, Str found)
{
    if (in->failed) return false;
    in->failed = true;
    return fault_set(in->fault, ERR_INPUT, in->line, 0, expected, found.len ? fault_quote(in->s->a, found) : found) == ERR_OK;
}

/* As fgets: the next line for inih; NULL at the end, and at a line that it would not take as it stands. */
static char *next_line(char *line, int size, void *stream)
{
    Reading *in = stream;
    if (!in->rest.len || in->failed) return NULL;
    Str text;
    str_cut(in->rest, '\n', &text, &in->rest);
    in->line++;
    size_t most = (size_t)size - 2;
    bool good = text.len <= most || wrong(in, str_format(in->s->a, "at most %zu bytes in a line", most), (Str){0});
    good = good && (str_is_clean_text(str_trim(text)) || wrong(in, S("UTF-8 text"), text));
    bool indented = text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t') && str_trim(text).len;
    good = good && (!indented || wrong(in, S("a line that does not begin with a space"), text));
    if (!good) return NULL;
    memcpy(line, text.ptr, text.len);
    memcpy(line + text.len, "\n", 2);
    return line;
}

static bool find_setting(const char *section, const char *key, SettingId *ret_id)
{
    for (int id = 0; id < SETTING__COUNT; id++)
        if (strcmp(settings_table[id].section, section) == 0 && strcmp(settings_table[id].key, key) == 0) {
            *ret_id = (SettingId)id;
            return true;
        }
    return false;
}

static bool known_section(const char *section)
{
    for (int id = 0; id < SETTING__COUNT; id++)
        if (strcmp(settings_table[id].section, section) == 0) return true;
    return false;
}

static bool not_known(Reading *in, const char *section, const char *key)
{
    Arena *a = in->s->a;
    Buf b = buf_new(a);
    buf_str(&b, S("one of the sections"));
    bool known = known_section(section);
    if (known) {
        b = buf_new(a);
        buf_format(&b, "a setting of [%s]:", section);
    }
    for (int id = 0; id < SETTING__COUNT; id++) {
        const Setting *setting = &settings_table[id];
        bool new_section = id == 0 || strcmp(settings_table[id - 1].section, setting->section) != 0;
        if (known && strcmp(setting->section, section) == 0) buf_format(&b, " %s", setting->key);
        if (!known && new_section) buf_format(&b, " [%s]", setting->section);
    }
    return wrong(in, buf_done(&b), str_from_c(known ? key : *section ? section : key));
}

/* libinih's: 1 goes on. */
static int on_key(void *user, const char *section, const char *key, const char *value)
{
    Reading *in = user;
    SettingId id;
    if (in->failed) return 0;
    if (!find_setting(section, key, &id)) return not_known(in, section, key);
    bool list = settings_table[id].kind == SETTING_PROXIES || settings_table[id].kind == SETTING_WITNESSES;
    if (in->seen[id] && !list) return wrong(in, S("each setting once"), str_from_c(key));
    Str text = str_from_c(value);
    if (in->seen[id]) text = str_format(in->s->a, "%.*s, %s", STR_ARG(in->s->values[id].text), value);
    in->seen[id] = true;
    if (put(in->s, id, text, FROM_FILE, in->fault)) {
        in->fault->line = in->line;
        in->failed = true;
        return 0;
    }
    in->s->values[id].line = in->line;
    return 1;
}

Err settings_read(Settings *s, Str name, Str text, Fault *fault)
{
    fault->file = name;
    if (text.len > SETTINGS_TEXT_MAX)
        return fault_setf(fault, s->a, ERR_LIMIT, "at most %d bytes of settings; these are %zu", SETTINGS_TEXT_MAX, text.len);
    Reading in = {.s = s, .fault = fault, .rest = text};
    int bad_line = ini_parse_stream(next_line, &in, on_key, &in);
    if (bad_line < 0) out_of_memory(text.len);
    if (in.failed && (bad_line == 0 || bad_line >= fault->line)) return fault->err;
    if (bad_line > 0) return fault_set(fault, ERR_INPUT, bad_line, 0, S("[section], key = value, or a comment after '#'"), S("neither"));
    s->file = name;
    return ERR_OK;
}

/* --- the environment --- */

static void upper(Buf *b, const char *text)
{
    for (; *text; text++) buf_byte(b, *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text);
}

static Str variable_of(Arena *a, const char *section, const char *key)
{
    Buf b = buf_new(a);
    buf_str(&b, S("HUSTINGS_"));
    upper(&b, section);
    buf_byte(&b, '_');
    upper(&b, key);
    return buf_done(&b);
}

Str setting_variable(Arena *a, SettingId id)
{
    return variable_of(a, settings_table[id].section, settings_table[id].key);
}

/* A variable that is none of ours may still be meant to be: HUSTINGS_SERVER_LISTN. */
static bool looks_like_ours(Arena *a, Str name)
{
    for (int id = 0; id < SETTING__COUNT; id++)
        if (str_starts(name, variable_of(a, settings_table[id].section, ""))) return true;
    return false;
}

static Err take_variable(Settings *s, Str name, Str value, Fault *fault)
{
    fault->file = name;
    for (int id = 0; id < SETTING__COUNT; id++)
        if (str_equal(setting_variable(s->a, (SettingId)id), name)) return put(s, (SettingId)id, value, FROM_ENVIRONMENT, fault);
    if (!looks_like_ours(s->a, name)) return ERR_OK;
    return fault_set(fault, ERR_INPUT, 0, 0, S("a variable that stands for a setting ('hustings config show' names them)"), (Str){0});
}

Err settings_environment(Settings *s, char *const *environment, Fault *fault)
{
    for (; *environment; environment++) {
        Str name, value;
        if (!str_starts(str_from_c(*environment), S("HUSTINGS_"))) continue;
        str_cut(str_from_c(*environment), '=', &name, &value);
        Err e = take_variable(s, name, value, fault);
        if (e) return e;
    }
    return ERR_OK;
}

/* --- together --- */

/* A link in a letter must lead here, whatever the request said of itself that asked for it: so the address is a setting. */
static Err check_mail(const Settings *s, Fault *fault)
{
    Str smtp = settings_text(s, MAIL_SMTP);
    bool server = smtp.len && !str_equal(smtp, S("outbox")), user = settings_text(s, MAIL_USER).len > 0;
    if (server && !settings_text(s, MAIL_FROM).len)
        return fault_set(fault, ERR_INPUT, 0, 0, S("mail.from, the address that letters come from, beside mail.smtp"), S("none"));
    if (server && !settings_text(s, SERVER_BASE).len)
        return fault_set(fault, ERR_INPUT, 0, 0, S("server.base, with which links in letters begin, beside mail.smtp"), S("none"));
    if (user != (settings_text(s, MAIL_PASSWORD).len > 0))
        return fault_set(
            fault, ERR_INPUT, 0, 0, S("mail.user and mail.password_file: both or neither"), user ? S("no file") : S("no user"));
    return ERR_OK;
}

Err settings_finish(const Settings *s, Fault *fault)
{
    bool certificate = settings_text(s, SERVER_CERTIFICATE).len > 0, key = settings_text(s, SERVER_KEY).len > 0;
    fault->file = s->file;
    if (certificate != key)
        return fault_set(fault, ERR_INPUT, 0, 0, S("server.certificate and server.key: both or neither"),
            certificate ? S("no key") : S("no certificate"));
    return check_mail(s, fault);
}

Str settings_text(const Settings *s, SettingId id)
{
    return s->values[id].text;
}

int64_t settings_number(const Settings *s, SettingId id)
{
    ASSERT(settings_table[id].kind == SETTING_NUMBER);
    return s->values[id].number;
}

bool settings_yes(const Settings *s, SettingId id)
{
    ASSERT(settings_table[id].kind == SETTING_SWITCH);
    return s->values[id].number != 0;
}

StoreOptions settings_store(const Settings *s)
{
    return (StoreOptions){
        .url = settings_text(s, STORE_URL),
        .statement_ms = (int)settings_number(s, STORE_STATEMENT) * 1000,
    };
}

/* --- the record --- */

Str settings_record_key(const Settings *s)
{
    Str key = settings_text(s, RECORD_KEY), store = settings_text(s, STORE_URL);
    if (key.len || str_starts(store, S("postgres"))) return key;
    if (str_starts(store, S("sqlite:"))) store = str_slice(store, S("sqlite:").len, store.len);
    return str_format(s->a, "%.*s.record-key", STR_ARG(store));
}

/* The host of server.base, or where the server listens; a socket is a place on this machine. */
Str settings_record_origin(const Settings *s)
{
    Str origin = settings_text(s, RECORD_ORIGIN), base = settings_text(s, SERVER_BASE), host = settings_text(s, SERVER_LISTEN);
    if (origin.len) return origin;
    if (base.len) host = str_slice(base, str_starts(base, S("https://")) ? 8 : 7, base.len);
    else if (str_starts(host, S("unix:"))) host = S("localhost");
    return str_format(s->a, "%.*s/record", STR_ARG(host));
}

int settings_witnesses(const Settings *s, Witness *ret_witnesses)
{
    Str list = settings_text(s, RECORD_WITNESS), one;
    Fault fault = {0};
    int count = 0;
    while (next_of(&list, &one)) ASSERT(witness_read(s->a, one, &ret_witnesses[count++], &fault) == ERR_OK);
    return count;
}
