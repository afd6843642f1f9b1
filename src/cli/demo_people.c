/* demo_people.c: hustings demo people: an invented list of members, as large as asked for.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/cli.h"

#include "people/generate.h"
#include "people/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PEOPLE_LEAST = 100, PEOPLE_MOST = 5000000, UNITS_MOST = 20000, PIECE = 1024 * 1024 };

/* A file that is written in pieces, so that a list of millions is never held. */
typedef struct Out {
    const char *path;
    FILE *file; /* NULL: not asked for */
    bool failed;
} Out;

static bool out_open(const Cli *cli, const char *option, bool standard, Out *ret_out)
{
    Str path = cli_value(cli, option);
    *ret_out = (Out){.path = path.ptr ? str_c(cli->a, path) : "-"};
    if (!path.ptr && !standard) return true;
    ret_out->file = strcmp(ret_out->path, "-") == 0 ? stdout : fopen(ret_out->path, "we");
    if (!ret_out->file) fprintf(stderr, "hustings demo people: %s: %s\n", ret_out->path, strerror(errno));
    return ret_out->file != NULL;
}

static void out_put(Out *out, Buf *b)
{
    if (out->file && fwrite(b->ptr, 1, b->len, out->file) != b->len) out->failed = true;
    b->len = 0;
}

/* 0, or the exit status after telling that not all of it could be written. */
static int out_close(Out *out)
{
    if (!out->file) return EXIT_DONE;
    bool bad = fflush(out->file) != 0 || out->failed;
    int why = errno;
    if (out->file != stdout && fclose(out->file) != 0) bad = true;
    if (!bad) return EXIT_DONE;
    fprintf(stderr, "hustings demo people: %s: %s\n", out->path, strerror(why));
    if (out->file != stdout) remove(out->path);
    return EXIT_SYSTEM;
}

/* ---- the list, and beside it what was planted ---- */

static void write_rows(Cli *cli, const Generated *g, Out *list, Out *planted)
{
    Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Buf b = buf_new(cli->a), p = buf_new(cli->a);
    table_write_header(&b, NULL);
    buf_str(&p, S("line,id,kind,case\n"));
    for (int i = 0; i < generated_count(g); i++) {
        Values values;
        Plant plant;
        int number;
        arena_recycle(&scratch);
        generated_row(g, &scratch, i, &values, &plant, &number);
        table_write_row(&b, NULL, &values);
        if (plant) buf_format(&p, "%d,%.*s,%.*s,%d\n", i + 2, STR_ARG(values.of[COL_ID]), STR_ARG(plant_name(plant)), number);
        if (b.len > PIECE) out_put(list, &b);
        if (p.len > PIECE) out_put(planted, &p);
    }
    out_put(list, &b);
    out_put(planted, &p);
    arena_clear(&scratch);
}

static void write_units(Cli *cli, const Generated *g, Out *out)
{
    Unit *units;
    int count = generated_units(g, cli->a, &units);
    Buf b = buf_new(cli->a);
    buf_str(&b, S("slug,name,kind,above\n"));
    for (int i = 0; i < count; i++)
        buf_format(&b, "%.*s,\"%.*s\",%.*s,%.*s\n", STR_ARG(units[i].slug), STR_ARG(units[i].name), STR_ARG(units[i].kind),
            STR_ARG(units[i].above));
    out_put(out, &b);
}

static bool read_options(const Cli *cli, GenerateOptions *o)
{
    int64_t people = 0, units = 0, seed = 0;
    if (!cli_number(cli, "people", PEOPLE_MOST, &people) || !cli_number(cli, "units", UNITS_MOST, &units) ||
        !cli_number(cli, "seed", INT64_MAX, &seed))
        return false;
    Str today = cli_value(cli, "today");
    *o = (GenerateOptions){.people = cli_has(cli, "people") ? (int)people : 2000,
        .units = (int)units,
        .seed = (uint64_t)seed,
        .today = day_at(cli_now()),
        .innocent = cli_has(cli, "innocent")};
    if (today.ptr && !day_read(today, &o->today))
        return cli_usage(cli, "--today: expected a date like 2026-10-01, found '%.*s'", STR_ARG(today)), false;
    if (o->people < PEOPLE_LEAST) return cli_usage(cli, "--people: expected %d or more, found %d", PEOPLE_LEAST, o->people), false;
    if (o->units > o->people / 20) return cli_usage(cli, "--units: expected at most one for every 20 people, found %d", o->units), false;
    return true;
}

static int run(Cli *cli)
{
    GenerateOptions o;
    if (cli->operand_count) return cli_usage(cli, "expected options only");
    if (!read_options(cli, &o)) return EXIT_INPUT;
    Out list, planted, units;
    if (!out_open(cli, "output", true, &list) || !out_open(cli, "planted", false, &planted) ||
        !out_open(cli, "units-output", false, &units))
        return EXIT_SYSTEM;
    const Generated *g = generate(cli->a, &o);
    write_rows(cli, g, &list, &planted);
    write_units(cli, g, &units);
    int status = out_close(&list), also = out_close(&planted), third = out_close(&units);
    return status ? status : also ? also : third;
}

static const Option options[] = {
    {"people", 'n', "N", false, "how many memberships: 100 to 5,000,000 (2,000)", NULL},
    {"units", 0, "N", false, "how many constituencies (one for every 800 people)", NULL},
    {"seed", 's', "N", false, "another number, another organisation (0)", NULL},
    {"today", 0, "DATE", false, "nothing in the list is later (today)", NULL},
    {"innocent", 0, NULL, false, "plant no manipulations", NULL},
    {"planted", 0, "FILE", false, "write there which rows were planted: line, id, kind, case", "FILES"},
    {"units-output", 0, "FILE", false, "write the units there: slug, name, kind, above", "FILES"},
    {"output", 'o', "FILE", false, "write the list to FILE instead of standard output", "FILES"},
    HELP_OPTION,
};

const CliCommand command_demo_people = {
    .name = "demo people",
    .operands = "",
    .summary = "invent an organisation's list of members",
    .description = "Writes a CSV file as 'hustings people import' and 'hustings roll audit' read it. Nobody in it exists: names are put "
                   "together of syllables, postcodes begin with Q, e-mail is at "
                   "example.org, telephone numbers are those that Ofcom keeps free for drama.\n\nHouseholds, halls, campaigns and stalls "
                   "make it look as suspicious as real lists do; and manipulations "
                   "are planted in it: one payer for many, one account, telephone, e-mail address, device or address, dates before the "
                   "first receipt, dates set back, bursts, missing and doubled "
                   "mandates and signatures, one person under two names or in two sections, one recruiter just before the freeze, many "
                   "revived together. The same seed and date give the same list.\n\n"
                   "Exit status: 0 done; 2 the call cannot be used; 3 the system failed.",
    .examples = "hustings demo people -n 20000 -o members.csv --units-output units.csv  # a list, and its units\n"
                "hustings demo people --seed 7 --planted planted.csv -o members.csv  # and what was planted, to compare an audit with",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
