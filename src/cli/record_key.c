/* record_key.c: hustings record key, hustings record seal.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/sealing.h"

#include "core/disk.h"

#include <stdio.h>
#include <unistd.h>

/* --- what all of them need --- */

typedef struct Place {
    Cli *cli;
    Settings s;
    Store *store;
    Db *db;
    RecordKeys keys;
    Fault fault;
} Place;

static void close_place(Place *p)
{
    record_keys_wipe(&p->keys);
    if (p->db) db_close(p->db);
    store_close(p->store);
}

static Err open_store(Place *p)
{
    StoreOptions options = settings_store(&p->s);
    options.must_exist = true;
    Err e = sealing_check(&p->s, &p->fault);
    if (!e) e = store_open(p->cli->a, &options, &p->store, &p->fault);
    return e ? e : db_open(p->store, &p->db, &p->fault);
}

static Err open_place(Place *p)
{
    Err e = open_store(p);
    return e ? e : sealing_keys(&p->s, p->store, false, &p->keys, &p->fault);
}

static Str key_shown(Arena *a, const Verifier *verifier)
{
    return str_format(a, "%.*s+%08x", STR_ARG(verifier->name), verifier->id);
}

/* --- record key: which they are --- */

static int list_keys(Cli *cli, const RecordKeys *keys)
{
    Buf b = buf_new(cli->a);
    for (int i = 0; i < keys->count; i++) {
        buf_str(&b, verifier_text(cli->a, &keys->signers[i].verifier));
        buf_byte(&b, '\n');
    }
    return cli_write(cli, buf_done(&b), EXIT_DONE);
}

/* Without its store a key is not missed: the store's name was mistyped, or there is none yet. */
static int no_keys(Place *p)
{
    Fault fault = p->fault;
    if (fault.err == ERR_MISSING && open_store(p) != ERR_OK) fault = p->fault;
    close_place(p);
    return cli_fail(p->cli, &fault);
}

static int run_list(Place *p)
{
    bool made;
    Err e = sealing_check(&p->s, &p->fault);
    if (!e) e = record_keys_open(p->cli->a, settings_record_key(&p->s), (Str){0}, &p->keys, &made, &p->fault);
    if (e) return no_keys(p);
    int status = list_keys(p->cli, &p->keys);
    record_keys_wipe(&p->keys);
    return status;
}

/* --- record key --new, --end --- */

static int run_new(Place *p, Officer by, Str reason)
{
    Verifier added;
    if (open_place(p) || record_key_add(p->store, p->db, p->cli->a, &p->keys, by, reason, cli_now(), &added, &p->fault))
        return cli_fail(p->cli, &p->fault);
    Str vkey = verifier_text(p->cli->a, &added);
    fprintf(stderr,
        "This key signs too from now on, and the record says so. Back up %.*s again. When everybody has had time to see it, end the older "
        "one.\n",
        STR_ARG(p->keys.file));
    return cli_write(p->cli, str_format(p->cli->a, "%.*s\n", STR_ARG(vkey)), EXIT_DONE);
}

/* Eight hexadecimal digits, as in a key's text. */
static bool read_id(Str text, uint32_t *ret_id)
{
    uint32_t id = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) return false;
        id = id << 4 | (uint32_t)digit;
    }
    *ret_id = id;
    return text.len == 8;
}

static int run_end(Place *p, uint32_t id, Officer by, Str reason)
{
    if (open_place(p) || record_key_end(p->store, p->db, p->cli->a, &p->keys, id, by, reason, cli_now(), &p->fault))
        return cli_fail(p->cli, &p->fault);
    fprintf(stderr, "The key %08x signs no more, and the record says so. These do:\n", id);
    return list_keys(p->cli, &p->keys);
}

/* --- record key --begin-again: the last way out --- */

/* What belongs to the older name stays beside, for whoever wants to look. */
static Err put_aside(Place *p, Str file, Str older)
{
    Arena *a = p->cli->a;
    Str to = str_format(a, "%.*s.%.*s", STR_ARG(file), STR_ARG(older));
    if (access(str_c(a, file), F_OK) != 0) return ERR_OK;
    if (access(str_c(a, to), F_OK) != 0 && rename(str_c(a, file), str_c(a, to)) == 0) return ERR_OK;
    p->fault.file = file;
    return fault_setf(&p->fault, a, ERR_IO, "it could not be put aside as %.*s", STR_ARG(to));
}

/* A copy: the file itself stays until the new name has signed. Without it a server that still has the older key would sign what does not extend what it
 * signed before. */
static Err copy_aside(Place *p, Str file, Str older)
{
    enum { LAST_MOST = 1024 * 1024, LAST_MODE = 0644 };
    Arena *a = p->cli->a;
    Str to = str_format(a, "%.*s.%.*s", STR_ARG(file), STR_ARG(older)), now, before;
    Fault none = {0};
    Err e = disk_read(a, file, LAST_MOST, &now, &p->fault);
    if (e == ERR_MISSING) p->fault = (Fault){0};
    if (e) return e == ERR_MISSING ? ERR_OK : e;
    e = disk_read(a, to, LAST_MOST, &before, &none);
    if (e == ERR_MISSING) return disk_replace(a, to, now, LAST_MODE, &p->fault);
    if (!e && str_equal(now, before)) return ERR_OK; /* this was killed before */
    p->fault.file = file;
    return fault_setf(&p->fault, a, ERR_IO, "it could not be put aside as %.*s", STR_ARG(to));
}

static Err make_again(Place *p, Str origin)
{
    Arena *a = p->cli->a;
    Str file = settings_record_key(&p->s), last = str_format(a, "%.*s.last", STR_ARG(file));
    bool made = false;
    Err e = record_keys_open(a, file, (Str){0}, &p->keys, &made, &p->fault);
    if (!e && str_equal(p->keys.signers[0].verifier.name, origin)) return ERR_OK; /* it was begun before, and goes on */
    record_keys_wipe(&p->keys);
    e = copy_aside(p, last, S("before"));
    if (!e) e = put_aside(p, file, S("before"));
    return e ? e : record_keys_open(a, file, origin, &p->keys, &made, &p->fault);
}

static Err check_new_name(Place *p, Str origin)
{
    Sealed sealed;
    Err e = record_sealed(p->db, p->cli->a, &sealed);
    if (e == ERR_MISSING)
        return fault_set(
            &p->fault, ERR_CONFLICT, 0, 0, S("nothing was ever signed in this store: 'hustings serve' makes its first key"), (Str){0});
    if (e) return fault_set(&p->fault, e, 0, 0, str_copy(p->cli->a, db_trouble(p->db)), (Str){0});
    if (!str_equal(sealed.checkpoint.origin, origin)) return ERR_OK;
    return fault_set(&p->fault, ERR_CONFLICT, 0, 0, S("record.origin: a name that this record never had"), fault_quote(p->cli->a, origin));
}

static int run_begin_again(Place *p, Officer by, Str reason)
{
    Cli *cli = p->cli;
    Str origin = settings_text(&p->s, RECORD_ORIGIN);
    if (!origin.len) return cli_usage(cli, "--begin-again: set record.origin to the record's new name first");
    if (!reason.len) return cli_usage(cli, "--begin-again: expected --reason: everybody will ask why the record changed its name");
    if (open_store(p) || check_new_name(p, origin) || make_again(p, origin) ||
        record_key_begin_again(p->store, p->db, cli->a, &p->keys, by, reason, cli_now(), &p->fault))
        return cli_fail(cli, &p->fault);
    fprintf(stderr, "The record goes on as %.*s. Back up %.*s, and tell everybody who reads the record, and its witnesses, this key:\n",
        STR_ARG(origin), STR_ARG(p->keys.file));
    return list_keys(cli, &p->keys);
}

/* --- the command --- */

static int change(Cli *cli, Place *p, Officer by)
{
    Str reason = cli_value(cli, "reason");
    uint32_t id;
    if (cli_has(cli, "new")) return run_new(p, by, reason);
    if (cli_has(cli, "begin-again")) return run_begin_again(p, by, reason);
    if (!read_id(cli_value(cli, "end"), &id))
        return cli_usage(cli, "--end: expected the number of a key, eight digits, as 'hustings record key' lists it after the name");
    return run_end(p, id, by, reason);
}

static int run_key(Cli *cli)
{
    Place *p = arena_new(cli->a, Place, 1);
    Officer by;
    p->cli = cli;
    int changes = cli_has(cli, "new") + cli_has(cli, "end") + cli_has(cli, "begin-again");
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    if (changes > 1) return cli_usage(cli, "expected one of --new, --end and --begin-again");
    if (!changes && cli_has(cli, "reason")) return cli_usage(cli, "--reason: of what? expected --new, --end or --begin-again");
    int wrong = settings_load(cli, &p->s);
    if (!wrong && !changes) return run_list(p);
    if (!wrong) wrong = settings_officer(cli, &p->s, &by);
    if (wrong) return wrong;
    int status = change(cli, p, by);
    close_place(p);
    return status;
}

static const Option key_options[] = {
    OFFICER_OPTIONS{"new", 0, NULL, false, "make another key; both sign from now on", NULL},
    {"end", 0, "ID", false, "end the key with these eight digits; another one must sign already", NULL},
    {"begin-again", 0, NULL, false, "the last way out: go on under another name (record.origin), with a new key", NULL},
    {"reason", 'r', "TEXT", false, "why; the record will say so", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_record_key = {
    .name = "record key",
    .operands = "",
    .summary = "show the keys that sign the public record, or change them",
    .description = "Without --new, --end or --begin-again it prints the public half of every key in use, one a line: what scrutineers and "
                   "witnesses need.\n\n"
                   "Changing the key takes two steps, months apart if you like: --new makes one beside the older one and both sign; --end "
                   "ends the older one. Each is "
                   "an act of the record, with your name, and by them whoever knows the older key follows to the newer. A server that runs "
                   "takes the change by itself. A "
                   "command that was killed goes on when it is given again. With several servers on one PostgreSQL store, copy the key "
                   "file to each after every "
                   "change.\n\n"
                   "--begin-again is for a key that is lost, or a store that cannot be brought back to what was signed: docs/record.md "
                   "says what it costs.",
    .examples = "hustings record key  # for whoever wants to verify the record\n"
                "hustings record key --new --by \"Carol Count\" --reason \"every two years\"  # begin to change it\n"
                "hustings record key --end 1a2b3c4d --by \"Carol Count\"  # and end the older one\n",
    .options = key_options,
    .option_count = COUNT_OF(key_options),
    .run = run_key,
};

/* --- record seal --- */

static Err seal_all(Place *p, int64_t *ret_size)
{
    Sealed sealed;
    bool more = true;
    while (more) {
        Err e = record_seal(p->store, p->db, p->cli->a, &p->keys, cli_now(), &more, &p->fault);
        if (e) return e;
    }
    Err e = record_sealed(p->db, p->cli->a, &sealed);
    if (e) return fault_set(&p->fault, e, 0, 0, str_copy(p->cli->a, db_trouble(p->db)), (Str){0});
    *ret_size = sealed.checkpoint.size;
    return ERR_OK;
}

static int run_seal(Cli *cli)
{
    Place *p = arena_new(cli->a, Place, 1);
    int64_t size = 0;
    p->cli = cli;
    if (cli->operand_count) return cli_usage(cli, "expected options only, found '%.*s'", STR_ARG(cli->operands[0]));
    int wrong = settings_load(cli, &p->s);
    if (wrong) return wrong;
    bool sealed = open_store(p) == ERR_OK && sealing_keys(&p->s, p->store, true, &p->keys, &p->fault) == ERR_OK &&
                  seal_all(p, &size) == ERR_OK;
    Str key = sealed ? key_shown(cli->a, &p->keys.signers[0].verifier) : (Str){0};
    int status = sealed ? cli_write(cli, str_format(cli->a, "%lld leaves, signed by %.*s\n", (long long)size, STR_ARG(key)), EXIT_DONE)
                        : cli_fail(cli, &p->fault);
    close_place(p);
    return status;
}

static const Option seal_options[] = {STORE_OPTIONS OUTPUT_OPTION, HELP_OPTION};

const CliCommand command_record_seal = {
    .name = "record seal",
    .operands = "",
    .summary = "sign what the public record holds, with no server running",
    .description =
        "A server signs by itself within a second of every act. This does the same once: for a store to which only commands write, or "
        "before a copy is "
        "taken of one whose server is down. Nothing is signed that does not extend what was signed before.\n\n"
        "Exit status: 0 all is signed; 2 the store does not extend what was signed, or the key cannot be used; 3 the system failed.",
    .examples = "hustings record seal  # with the settings of the server\n",
    .options = seal_options,
    .option_count = COUNT_OF(seal_options),
    .run = run_seal,
};
