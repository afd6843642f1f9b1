/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/sealing.h"

#include "core/log.h"

#include <time.h>
#include <unistd.h>

Err sealing_check(const Settings *s, Fault *fault)
{
    if (settings_record_key(s).len) return ERR_OK;
    return fault_set(fault, ERR_INPUT, 0, 0,
        S("record.key is not set: with PostgreSQL, name the file with the key that signs the public record (each server on this store has "
          "it, or a copy; it is "
          "made at the first start): docs/record.md"),
        (Str){0});
}

/* Has anything been signed in this store? */
static Err has_checkpoint(Arena *a, Store *store, bool *ret_has, Fault *fault)
{
    Db *db;
    Sealed sealed;
    Err e = db_open(store, &db, fault);
    if (e) return e;
    e = record_sealed(db, a, &sealed);
    *ret_has = e != ERR_MISSING; /* one that is damaged is one */
    e = e == ERR_IO ? fault_set(fault, e, 0, 0, str_copy(a, db_trouble(db)), (Str){0}) : ERR_OK;
    db_close(db);
    return e;
}

static bool is_there(Arena *a, Str path)
{
    return access(str_c(a, path), F_OK) == 0;
}

static void tell_made(Arena *a, const RecordKeys *keys)
{
    Str vkey = verifier_text(a, &keys->signers[0].verifier);
    log_line(LOG_WARN, "record_key_made", "file=%s key=%s note=\"back it up, apart from the store: docs/record.md\"",
        log_value(a, keys->file), log_value(a, vkey));
}

static Err check_origin(const Settings *s, const RecordKeys *keys, Fault *fault)
{
    Str wanted = settings_text(s, RECORD_ORIGIN), is = keys->signers[0].verifier.name;
    if (!wanted.len || str_equal(wanted, is)) return ERR_OK;
    fault->file = keys->file;
    return fault_set(fault, ERR_INPUT, 0, 0, str_format(s->a, "a key of the record '%.*s', as record.origin says", STR_ARG(wanted)), is);
}

static Err lost_key(const Settings *s, Str file, Fault *fault)
{
    fault->file = file;
    return fault_set(fault, ERR_INPUT, 0, 0,
        str_format(s->a,
            "the record's key is not there, and this store's record was signed before: put the key back from its backup, with mode 600 "
            "(docs/record.md, 'When the key is lost')"),
        (Str){0});
}

Err sealing_keys(const Settings *s, Store *store, bool make, RecordKeys *ret_keys, Fault *fault)
{
    bool made = false, signed_before;
    Str file = settings_record_key(s), origin = settings_record_origin(s), last = str_format(s->a, "%.*s.last", STR_ARG(file));
    Err e = sealing_check(s, fault);
    if (!e) e = has_checkpoint(s->a, store, &signed_before, fault);
    if (e) return e;
    if (!is_there(s->a, file) && signed_before) return lost_key(s, file, fault);
    if (!key_name_is_good(origin))
        return fault_set(fault, ERR_INPUT, 0, 0,
            S("record.origin: a name without spaces and '+' (it is set to none, and was taken from where the server is)"),
            fault_quote(s->a, origin));
    e = record_keys_open(s->a, file, make ? origin : (Str){0}, ret_keys, &made, fault);
    if (e) return e;
    e = check_origin(s, ret_keys, fault);
    if (e) record_keys_wipe(ret_keys);
    if (!e && made) tell_made(s->a, ret_keys);
    if (!e && signed_before && !is_there(s->a, last))
        log_line(
            LOG_WARN, "record_last_missing", "file=%s note=\"what the store says was signed last is believed\"", log_value(s->a, last));
    return e;
}

Err sealing_start(const Settings *s, Store *store, Sealer **ret_sealer, Fault *fault)
{
    RecordKeys keys;
    Witness witnesses[RECORD_WITNESSES_MAX];
    Err e = sealing_keys(s, store, true, &keys, fault);
    if (e) return e;
    record_keys_wipe(&keys); /* the sealer reads the file by itself, now and whenever it changes */
    return sealer_start(s->a, store, settings_record_key(s), witnesses, settings_witnesses(s, witnesses), ret_sealer, fault);
}
