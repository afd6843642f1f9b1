/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "report/words.h"

#include "core/num.h"
#include "count/totals.h"
#include "core/sha256.h"

#include <stdarg.h>
#include <stdio.h>

Lines lines_new(Arena *a)
{
    return (Lines){.arena = a};
}

void lines_add(Lines *lines, Str line)
{
    if (lines->count == lines->capacity) {
        int capacity = lines->capacity ? lines->capacity * 2 : 8;
        lines->items = arena_grow(lines->arena, Str, lines->items, (size_t)lines->count, (size_t)capacity);
        lines->capacity = capacity;
    }
    lines->items[lines->count++] = line;
}

static void PRINTF_LIKE(2, 3) add(Lines *lines, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    Str text = str_format_list(lines->arena, format, args);
    va_end(args);
    lines_add(lines, text);
}

static void add_all(Lines *lines, Lines more)
{
    for (int i = 0; i < more.count; i++) lines_add(lines, more.items[i]);
}

Str lines_joined(const Lines *lines)
{
    Buf b = buf_new(lines->arena);
    for (int i = 0; i < lines->count; i++) {
        if (i) buf_byte(&b, ' ');
        buf_str(&b, lines->items[i]);
    }
    return buf_done(&b);
}

/* ---- names and numbers ---- */

Str words_names(Arena *a, const Result *r, const int *list, int count)
{
    Buf b = buf_new(a);
    for (int i = 0; i < count; i++) {
        if (i) buf_str(&b, i == count - 1 ? S(" and ") : S(", "));
        buf_str(&b, part_name_in_line(a, r, list[i]));
    }
    return buf_done(&b);
}

static bool is_one(const Result *r, Votes votes)
{
    return votes == pow10_i64(r->decimals);
}

/* In a sentence a whole number goes without its decimals: "1,899", "8.10742". */
static Str figure(Arena *a, const Result *r, Votes votes)
{
    Str text = part_votes(a, r, votes);
    return r->decimals && votes % pow10_i64(r->decimals) == 0 ? str_slice(text, 0, str_find(text, '.')) : text;
}

Str words_votes(Arena *a, const Result *r, Votes votes)
{
    return str_format(a, "%.*s vote%s", STR_ARG(figure(a, r, votes)), is_one(r, votes) ? "" : "s");
}

Str words_papers(Arena *a, int64_t papers)
{
    return str_format(a, "%.*s paper%s", STR_ARG(part_whole(a, papers)), papers == 1 ? "" : "s");
}

Str words_unit(const Result *r)
{
    return part_is_college(r) ? S("points") : S("votes");
}

/* What a candidate has at a stage: "140 votes", "50.65% of the points". */
static Str words_has(Arena *a, const Result *r, const Stage *stage, int candidate)
{
    if (!part_is_college(r) || !stage->points) return words_votes(a, r, stage->tally[candidate]);
    return str_format(a, "%.*s%% of the points", STR_ARG(part_percent(a, part_share(a, r, stage, candidate), 2)));
}

static bool is_stv(const Result *r)
{
    return r->rules->method == METHOD_STV_GREGORY || r->rules->method == METHOD_STV_MEEK;
}

static bool is_write_ins(const Result *r, int candidate)
{
    return r->rules->write_ins.len && str_equal(part_name(r, candidate), r->rules->write_ins);
}

/* ---- outcome ---- */

Str words_outcome(Arena *a, const Result *r)
{
    if (r->rules->method == METHOD_POSTS) {
        int open = 0;
        for (int i = 0; i < r->post_count; i++) open += r->posts[i].result && r->posts[i].result->open;
        if (open) return str_format(a, "%d of %d posts: a question is open.", open, r->post_count);
        return str_format(a, "%d post%s, all decided.", r->post_count, r->post_count == 1 ? "" : "s");
    }
    if (r->yes_no) return r->yes_no->carried ? S("Carried.") : S("Not carried.");
    if (r->open) {
        Str names = words_names(a, r, r->open->candidates, r->open->candidate_count);
        return str_format(a, "The count has stopped: a tie between %.*s must be decided.", STR_ARG(names));
    }
    if (r->elected_count == 0) return S("Nobody is elected.");
    Str names = words_names(a, r, r->elected, r->elected_count);
    return str_format(a, "%.*s %s elected%s.", STR_ARG(names), r->elected_count == 1 ? "is" : "are", r->unopposed ? " unopposed" : "");
}

Str words_fate(Arena *a, const Result *r, int candidate)
{
    if (r->papers->candidates[candidate].withdrawn) return S("withdrew after the papers were issued");
    int elected = part_stage_elected(r, candidate);
    if (elected) return r->stage_count == 1 ? S("elected") : str_format(a, "elected at stage %d", elected);
    if (part_in(r->elected, r->elected_count, candidate)) return S("elected");
    int out = part_stage_out(r, candidate);
    if (out) return str_format(a, "went out at stage %d", out);
    return r->open ? S("still in when the count stopped") : S("not elected");
}

Str words_mark(const Result *r, const Stage *stage, int candidate)
{
    if (r->rules->method == METHOD_YES_NO) return S(""); /* an answer is not elected */
    if (part_in(stage->elected, stage->elected_count, candidate))
        return stage->surplus_of == candidate ? S("elected, surplus passes on") : S("elected");
    if (stage->surplus_of == candidate) return S("surplus passes on");
    if (part_in(stage->eliminated, stage->eliminated_count, candidate)) return S("goes out");
    if (stage->standing[candidate] == STANDING_ELECTED) return S("elected before");
    return S("");
}

/* ---- ties ---- */

Str words_shell_quote(Arena *a, Str text)
{
    Buf b = buf_new(a);
    buf_byte(&b, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'') buf_str(&b, S("'\\''"));
        else buf_byte(&b, text.ptr[i]);
    }
    buf_byte(&b, '\'');
    return buf_done(&b);
}

static Str lot_command(Arena *a, Str seed, int stage, Str name)
{
    return str_format(a, "printf '%%s\\n%%s\\n%%s' %.*s %d %.*s | sha256sum", STR_ARG(words_shell_quote(a, seed)), stage,
        STR_ARG(words_shell_quote(a, name)));
}

Lines words_lot_commands(Arena *a, const Result *r, int number, const Tie *tie)
{
    Lines lines = lines_new(a);
    if (!tie || tie->open || tie->how != TIE_STEP_LOT) return lines;
    for (int i = 0; i < tie->candidate_count; i++) {
        Str name = part_name(r, tie->candidates[i]);
        Str message = str_format(a, "%.*s\n%d\n%.*s", STR_ARG(r->options.seed), number, STR_ARG(name));
        Str key = str_slice(sha256_hex(a, sha256(message)), 0, 16);
        Str command = lot_command(a, r->options.seed, number, name);
        add(&lines, "%.*s   # %.*s...", STR_ARG(command), STR_ARG(key));
    }
    return lines;
}

static const char *tie_result(TieKind kind, int chosen)
{
    switch (kind) {
    case TIE_EXCLUDE: return chosen == 1 ? "goes out" : "go out";
    case TIE_ELECT: return chosen == 1 ? "is elected" : "are elected";
    case TIE_SURPLUS: return "is taken first";
    }
    return "";
}

static void add_how(Lines *lines, Arena *a, const Result *r, const Tie *tie)
{
    Str chosen = words_names(a, r, tie->chosen, tie->chosen_count);
    const char *result = tie_result(tie->kind, tie->chosen_count);
    switch (tie->how) {
    case TIE_STEP_FORWARD:
    case TIE_STEP_BACKWARD:
        add(lines, "Looking %s through the earlier stages, stage %d told them apart: there %.*s had the %s %.*s, and so %s.",
            tie->how == TIE_STEP_FORWARD ? "forward from stage 1" : "backward from here", tie->decided_stage, STR_ARG(chosen),
            tie->kind == TIE_EXCLUDE ? "fewest" : "most", STR_ARG(words_unit(r)), result);
        return;
    case TIE_STEP_LOT:
        add(lines, "A lot was drawn from the seed \"%.*s\": each name has the key SHA-256(seed, stage, name), and the %s key %s. %.*s %s.",
            STR_ARG(r->options.seed), tie->kind == TIE_EXCLUDE ? "smallest" : "largest",
            tie->kind == TIE_EXCLUDE ? "goes out" : "is chosen", STR_ARG(chosen), result);
        return;
    case TIE_STEP_ORDER:
    case TIE_STEP_ASK: add(lines, "The order of names given to the count (--tie-order) decided: %.*s %s.", STR_ARG(chosen), result); return;
    case TIE_STEP__COUNT: break;
    }
}

/* Did an earlier stage or the rules leave the question to a person, or to a lot that had no seed? */
static bool wants_seed(const Tie *tie)
{
    return tie->how == TIE_STEP_LOT;
}

Lines words_tie(Arena *a, const Result *r, const Stage *stage, const Tie *tie)
{
    Lines lines = lines_new(a);
    Str names = words_names(a, r, tie->candidates, tie->candidate_count);
    /* Meek's tie reaches as far as the surplus, so those tied need not be equal. */
    bool equal = true;
    for (int i = 1; stage && i < tie->candidate_count; i++)
        equal = equal && part_compare(r, stage, tie->candidates[i], tie->candidates[0]) == 0;
    if (!equal) {
        add(&lines, "Between %.*s the count alone does not decide: they are tied under the rules.", STR_ARG(names));
    } else if (tie->kind == TIE_SURPLUS) {
        add(&lines, "The surpluses of %.*s are equal.", STR_ARG(names));
    } else if (stage && r->rules->method != METHOD_CONDORCET) {
        Str has = words_has(a, r, stage, tie->candidates[0]);
        add(&lines, "%.*s are tied, with %.*s each.", STR_ARG(names), STR_ARG(has));
    } else {
        add(&lines, "%.*s are tied.", STR_ARG(names));
    }
    if (tie->open) add(&lines, "This tie is open: the count goes no further until it is decided.");
    else add_how(&lines, a, r, tie);
    return lines;
}

Lines words_open(Arena *a, const Result *r)
{
    Lines lines = lines_new(a);
    const Tie *tie = r->open;
    if (!tie) return lines;
    Buf order = buf_new(a);
    for (int i = 0; i < tie->candidate_count; i++) {
        if (i) buf_str(&order, S(", "));
        buf_str(&order, part_name(r, tie->candidates[i]));
    }
    Str names = buf_done(&order);
    const char *last = tie->kind == TIE_EXCLUDE ? "the last named goes out"
                       : tie->kind == TIE_ELECT ? "the first named is elected"
                                                : "the first named is taken first";
    if (wants_seed(tie)) {
        add(&lines, "The rules say that a lot decides, and a lot needs a seed. Let the public choose one (a throw of dice, say), announce "
                    "it, and count again with it:");
        add(&lines, "    --seed TEXT");
        add(&lines, "A lot that was drawn by hand is entered as an order of names, most favoured first (%s):", last);
        add(&lines, "    --tie-order \"%.*s\"", STR_ARG(names));
    } else if (tie->how == TIE_STEP_ORDER) {
        add(&lines,
            "The rules say that an order of names decides, and the order given does not name them all. Count again with one that does, "
            "most favoured first (%s):",
            last);
        add(&lines, "    --tie-order \"%.*s\"", STR_ARG(names));
    } else {
        add(&lines,
            "The rules leave this to a person. Decide, record who decided and why, and count again with the names in order, most favoured "
            "first (%s):",
            last);
        add(&lines, "    --tie-order \"%.*s\"", STR_ARG(names));
    }
    return lines;
}

/* ---- stages ---- */

static void add_transfers_from(Lines *lines, Arena *a, const Result *r, const Stage *stage, int from)
{
    Buf b = buf_new(a);
    Votes moved = 0;
    int parts = 0, last = -1;
    for (int i = 0; i < stage->transfer_count; i++)
        if (stage->transfers[i].from == from) last = i;
    for (int i = 0; i < stage->transfer_count; i++) {
        const Transfer *t = &stage->transfers[i];
        if (t->from != from) continue;
        moved += t->votes;
        if (parts++) buf_str(&b, i == last ? S(" and ") : S(", "));
        Str votes = figure(a, r, t->votes);
        if (t->to == TO_NOT_REALLOCATED) buf_format(&b, "%.*s %s not reallocated", STR_ARG(votes), is_one(r, t->votes) ? "is" : "are");
        else buf_format(&b, "%.*s to %.*s", STR_ARG(votes), STR_ARG(part_name_in_line(a, r, t->to)));
    }
    Str to = buf_done(&b);
    if (parts)
        add(lines, "Of the %.*s that %s on from %.*s: %.*s.", STR_ARG(words_votes(a, r, moved)), is_one(r, moved) ? "passes" : "pass",
            STR_ARG(part_name_in_line(a, r, from)), STR_ARG(to));
    else add(lines, "No votes pass on from %.*s.", STR_ARG(part_name_in_line(a, r, from)));
}

static void add_transfers(Lines *lines, Arena *a, const Result *r, const Stage *stage)
{
    if (r->rules->method == METHOD_STV_MEEK) return;
    for (int i = 0; i < stage->eliminated_count; i++) add_transfers_from(lines, a, r, stage, stage->eliminated[i]);
    if (stage->surplus_of >= 0) add_transfers_from(lines, a, r, stage, stage->surplus_of);
}

/* Candidates continuing when the stage began. */
static int continuing_count(const Result *r, const Stage *stage)
{
    int count = 0;
    for (int c = 0; c < r->papers->candidate_count; c++) count += stage->standing[c] == STANDING_CONTINUING;
    return count;
}

static bool decided_by_tie(const Stage *stage, TieKind kind)
{
    return stage->tie && stage->tie->kind == kind && !stage->tie->open;
}

static void add_out(Lines *lines, Arena *a, const Result *r, const Stage *stage)
{
    if (stage->eliminated_count == 0) return;
    int first = stage->eliminated[0];
    Str names = words_names(a, r, stage->eliminated, stage->eliminated_count);
    if (is_stv(r) && stage->elected_count && stage->surplus_of < 0 && r->elected_count == r->seats &&
        stage == &r->stages[r->stage_count - 1]) {
        add(lines, "All seats are filled; %.*s %s not elected.", STR_ARG(names), stage->eliminated_count == 1 ? "is" : "are");
    } else if (stage->eliminated_count == 1 && is_write_ins(r, first)) {
        add(lines, "The pile of undeclared write-ins, %.*s, goes out first.", STR_ARG(words_has(a, r, stage, first)));
    } else if (stage->eliminated_count > 1) {
        add(lines, "%.*s go out together: even all their %.*s added up are fewer than those of the next candidate.", STR_ARG(names),
            STR_ARG(words_unit(r)));
    } else if (!decided_by_tie(stage, TIE_EXCLUDE)) { /* the tie has said it */
        Str has = part_is_college(r) ? str_format(a, "%.*s%%", STR_ARG(part_percent(a, part_share(a, r, stage, first), 2)))
                                     : figure(a, r, stage->tally[first]);
        add(lines, "%.*s has the fewest %.*s (%.*s) and goes out.", STR_ARG(names), STR_ARG(words_unit(r)), STR_ARG(has));
    }
}

static void add_elected_by_majority(Lines *lines, Arena *a, const Result *r, const Stage *stage)
{
    int c = stage->elected[0];
    Str name = part_name_in_line(a, r, c), has = words_has(a, r, stage, c);
    bool more_than_half = frac_compare_ratio(part_share(a, r, stage, c), 1, 2) > 0;
    if (decided_by_tie(stage, TIE_ELECT)) return; /* the tie has said it */
    if (continuing_count(r, stage) == 1)
        add(lines, "%.*s (%.*s) is the only candidate still in and is elected.", STR_ARG(name), STR_ARG(has));
    else if (!more_than_half)
        add(lines, "%.*s has the most %.*s (%.*s) and is elected.", STR_ARG(name), STR_ARG(words_unit(r)), STR_ARG(has));
    else if (part_is_college(r)) add(lines, "%.*s has %.*s, more than half, and is elected.", STR_ARG(name), STR_ARG(has));
    else
        add(lines, "%.*s has %.*s of the %.*s that continue, more than half, and is elected.", STR_ARG(name),
            STR_ARG(figure(a, r, stage->tally[c])), STR_ARG(words_votes(a, r, stage->continuing)));
}

static void add_elected_stv(Lines *lines, Arena *a, const Result *r, const Stage *stage)
{
    int *reached = arena_new(a, int, (size_t)stage->elected_count), *rest = arena_new(a, int, (size_t)stage->elected_count);
    int reached_count = 0, rest_count = 0;
    for (int i = 0; i < stage->elected_count; i++) {
        if (stage->tally[stage->elected[i]] >= stage->quota) reached[reached_count++] = stage->elected[i];
        else rest[rest_count++] = stage->elected[i];
    }
    for (int i = 0; i < reached_count; i++)
        add(lines, "%.*s, with %.*s, reaches the quota of %.*s and is elected.", STR_ARG(part_name_in_line(a, r, reached[i])),
            STR_ARG(words_votes(a, r, stage->tally[reached[i]])), STR_ARG(figure(a, r, stage->quota)));
    if (rest_count == 0) return;
    Str names = words_names(a, r, rest, rest_count);
    add(lines, "No more candidates are left than seats to fill, so %.*s %s elected without the quota.", STR_ARG(names),
        rest_count == 1 ? "is" : "are");
}

static void add_elected_plurality(Lines *lines, Arena *a, const Result *r, const Stage *stage)
{
    Str names = words_names(a, r, stage->elected, stage->elected_count);
    if (r->unopposed) {
        add(lines, "There are no more candidates than seats: %.*s %s elected.", STR_ARG(names), stage->elected_count == 1 ? "is" : "are");
    } else if (stage->elected_count == 1) {
        int c = stage->elected[0];
        if (!decided_by_tie(stage, TIE_ELECT))
            add(lines, "%.*s has the most votes (%.*s) and is elected.", STR_ARG(names), STR_ARG(figure(a, r, stage->tally[c])));
    } else {
        add(lines, "The %d candidates with the most votes are elected: %.*s.", stage->elected_count, STR_ARG(names));
    }
}

static void add_elected(Lines *lines, Arena *a, const Result *r, const Stage *stage)
{
    if (stage->elected_count == 0) return;
    switch (r->rules->method) {
    case METHOD_STV_GREGORY:
    case METHOD_STV_MEEK: add_elected_stv(lines, a, r, stage); return;
    case METHOD_PLURALITY: add_elected_plurality(lines, a, r, stage); return;
    case METHOD_CONDORCET:
    case METHOD_YES_NO: return; /* their own words */
    default: add_elected_by_majority(lines, a, r, stage); return;
    }
}

static void add_surplus(Lines *lines, Arena *a, const Result *r, const Stage *stage)
{
    if (stage->surplus_of < 0) return;
    Votes surplus = stage->tally[stage->surplus_of] - stage->quota;
    add(lines, "%.*s has %.*s more than the quota; this surplus passes on.", STR_ARG(part_name_in_line(a, r, stage->surplus_of)),
        STR_ARG(words_votes(a, r, surplus)));
}

Lines words_stage(Arena *a, const Result *r, int number)
{
    const Stage *stage = &r->stages[number - 1];
    Lines lines = lines_new(a);
    if (r->rules->method == METHOD_CONDORCET) add_all(&lines, words_pairwise(a, r));
    if (stage->tie && !stage->tie->open && stage->tie->kind == TIE_ELECT) add_all(&lines, words_tie(a, r, stage, stage->tie));
    add_elected(&lines, a, r, stage);
    if (stage->tie && (stage->tie->open || stage->tie->kind != TIE_ELECT)) add_all(&lines, words_tie(a, r, stage, stage->tie));
    add_surplus(&lines, a, r, stage);
    add_out(&lines, a, r, stage);
    add_transfers(&lines, a, r, stage);
    return lines;
}

/* ---- Condorcet, yes or no ---- */

Str words_ranking(Arena *a, const Result *r, const int *place)
{
    int n = r->papers->candidate_count;
    int *equal = arena_new(a, int, (size_t)n);
    Buf b = buf_new(a);
    for (int p = 1; p <= n; p++) {
        int count = 0;
        for (int c = 0; c < n; c++)
            if (place[c] == p) equal[count++] = c;
        if (count == 0) continue;
        if (b.len) buf_str(&b, S("; "));
        buf_format(&b, "%d. %.*s", p, STR_ARG(words_names(a, r, equal, count)));
    }
    return buf_done(&b);
}

Lines words_pairwise(Arena *a, const Result *r)
{
    Lines lines = lines_new(a);
    const Pairwise *p = r->pairwise;
    if (!p) return lines;
    const char *method = r->rules->completion == COMPLETION_SCHULZE ? "Schulze's method" : "ranked pairs";
    if (p->winner >= 0) {
        add(&lines, "%.*s beats each other candidate one to one.", STR_ARG(part_name_in_line(a, r, p->winner)));
    } else {
        int n = r->papers->candidate_count, count = 0;
        int *smith = arena_new(a, int, (size_t)n);
        for (int c = 0; c < n; c++)
            if (p->smith[c]) smith[count++] = c;
        Str names = words_names(a, r, smith, count);
        add(&lines, "Nobody beats each other candidate one to one.");
        add(&lines, "The Smith set, the smallest set whose members beat everybody outside it, is %.*s.", STR_ARG(names));
        if (r->elected_count) {
            Str elected = words_names(a, r, r->elected, r->elected_count);
            add(&lines, "The papers go in a circle or are equal there, and %s decides: %.*s.", method, STR_ARG(elected));
        }
    }
    if (p->order_mattered) add(&lines, "In ranked pairs two defeats were equally strong, and the tie-breaking order chose between them.");
    return lines;
}

Lines words_yes_no(Arena *a, const Result *r, const ReportOptions *options)
{
    Lines lines = lines_new(a);
    if (!r->yes_no || r->stage_count == 0) return lines;
    const YesNo *q = r->yes_no;
    const Stage *stage = &r->stages[0];
    Votes yes = stage->tally[q->yes], no = stage->tally[q->no], both = add_or_stop(yes, no);
    Str yes_name = part_name_in_line(a, r, q->yes), no_name = part_name_in_line(a, r, q->no);
    add(&lines, "%.*s has %.*s (%.*s%%), %.*s has %.*s (%.*s%%), of %.*s for either.", STR_ARG(yes_name), STR_ARG(words_votes(a, r, yes)),
        STR_ARG(part_percent_of(a, yes, both, 2)), STR_ARG(no_name), STR_ARG(words_votes(a, r, no)),
        STR_ARG(part_percent_of(a, no, both, 2)), STR_ARG(words_votes(a, r, both)));
    if (r->rules->pass) {
        Str pass = part_percent(a, r->rules->pass, 1);
        const char *of = r->rules->pass_of_roll ? "the roll" : "the votes for either";
        add(&lines, "To be carried, %.*s must have more than %.*s%% of %s: it %s.", STR_ARG(yes_name), STR_ARG(pass), of,
            q->enough_votes ? "has" : "has not");
    }
    if (r->options.roll > 0) {
        RejectedList rejected = part_rejected(a, r, options);
        int64_t returned = part_returned(r, &rejected);
        add(&lines, "Turnout: %.*s of %.*s on the roll, %.*s%%.", STR_ARG(words_papers(a, returned)),
            STR_ARG(part_whole(a, r->options.roll)), STR_ARG(part_percent_of(a, returned, r->options.roll, 1)));
    }
    if (r->rules->turnout && frac_sign(r->rules->turnout) > 0) {
        Str wanted = part_percent(a, r->rules->turnout, 1);
        add(&lines, "The rules want a turnout of at least %.*s%%: it %s reached.", STR_ARG(wanted), q->enough_turnout ? "was" : "was not");
    }
    return lines;
}

/* ---- how close ---- */

/* "At the last stage ", or what to say instead. */
static Str words_when(Arena *a, const Result *r, const Margin *m)
{
    if (r->pairwise) return S("One to one, ");
    if (r->stage_count == 1) return S("");
    if (m->last_stage == r->stage_count) return S("At the last stage ");
    return str_format(a, "At stage %d ", m->last_stage);
}

static void add_last_points(Lines *lines, Arena *a, const Result *r, const Margin *m)
{
    Str when = words_when(a, r, m), winner = part_name_in_line(a, r, m->winner), runner_up = part_name_in_line(a, r, m->runner_up);
    Str points = part_percent(a, m->last_points, 2), exact = frac_text(a, m->last_points);
    add(lines, "%.*s%.*s is %.*s percentage points ahead of %.*s (exactly %.*s of all points).", STR_ARG(when), STR_ARG(winner),
        STR_ARG(points), STR_ARG(runner_up), STR_ARG(exact));
    Str papers = part_whole(a, m->last < 0 ? -m->last : m->last);
    add(lines, "In papers, all sections together, that is %.*s %s.", STR_ARG(papers), m->last < 0 ? "fewer" : "more");
}

/* An answer may have most votes and yet not be carried; so the two are compared as they are, and then with what the rules ask. */
static void add_yes_no_margin(Lines *lines, Arena *a, const Result *r)
{
    const YesNo *q = r->yes_no;
    const Stage *stage = &r->stages[0];
    Votes yes = stage->tally[q->yes], no = stage->tally[q->no];
    Str yes_name = part_name_in_line(a, r, q->yes), no_name = part_name_in_line(a, r, q->no);
    if (yes == no) add(lines, "%.*s and %.*s are equal.", STR_ARG(yes_name), STR_ARG(no_name));
    Str ahead = words_votes(a, r, yes > no ? yes - no : no - yes);
    if (yes > no) add(lines, "%.*s is exactly %.*s ahead of %.*s.", STR_ARG(yes_name), STR_ARG(ahead), STR_ARG(no_name));
    if (no > yes) add(lines, "%.*s is exactly %.*s ahead of %.*s.", STR_ARG(no_name), STR_ARG(ahead), STR_ARG(yes_name));
    if (q->enough_votes || !r->rules->pass_of_roll || !r->rules->pass) return;
    /* More than pass x roll: the smallest whole number above it. */
    Frac *needed = part_ratio(a, r->options.roll, 1);
    frac_mul(needed, r->rules->pass);
    int64_t least = frac_ceil(needed);
    if (frac_compare_ratio(needed, least, 1) == 0) least++;
    Str lacking = words_votes(a, r, least - yes);
    add(lines, "%.*s lacks %.*s of the %.*s that the rules ask.", STR_ARG(yes_name), STR_ARG(lacking), STR_ARG(part_whole(a, least)));
}

static void add_last_stage(Lines *lines, Arena *a, const Result *r, const Margin *m)
{
    if (r->yes_no && r->stage_count) add_yes_no_margin(lines, a, r);
    if (r->yes_no || !m->last_known) return;
    if (m->last_points) {
        add_last_points(lines, a, r, m);
        return;
    }
    Str when = words_when(a, r, m), winner = part_name_in_line(a, r, m->winner), runner_up = part_name_in_line(a, r, m->runner_up);
    Str ahead = r->pairwise ? words_papers(a, m->last) : words_votes(a, r, m->last);
    if (m->last == 0) add(lines, "%.*s%.*s and %.*s are equal.", STR_ARG(when), STR_ARG(winner), STR_ARG(runner_up));
    else add(lines, "%.*s%.*s is exactly %.*s ahead of %.*s.", STR_ARG(when), STR_ARG(winner), STR_ARG(ahead), STR_ARG(runner_up));
}

static Str words_change(Arena *a, const Result *r, const Margin *m)
{
    Str papers = words_papers(a, m->upper);
    Str section = {0};
    if (m->upper_section >= 0 && m->upper_section < r->papers->section_count)
        section = str_format(a, " of \"%.*s\"", STR_ARG(r->papers->sections[m->upper_section].name));
    if (m->upper_from < 0 || m->upper_to < 0) return papers;
    return str_format(a, "%.*s%.*s with first preference %.*s, marked for %.*s alone instead", STR_ARG(papers), STR_ARG(section),
        STR_ARG(part_name_in_line(a, r, m->upper_from)), STR_ARG(part_name_in_line(a, r, m->upper_to)));
}

/* "0.40%"; what would round to nothing is "less than 0.01%". */
static Str words_share(Arena *a, int64_t n, int64_t of)
{
    Frac *share = part_ratio(a, n, of);
    if (n > 0 && frac_compare_ratio(share, 1, 10000) < 0) return S("less than 0.01%");
    return str_format(a, "%.*s%%", STR_ARG(part_percent(a, share, 2)));
}

/* What the change of the upper bound would have brought about: "B would have been elected". */
static Str words_effect(Arena *a, const Result *r, const Margin *m)
{
    if (r->yes_no) return r->yes_no->carried ? S("it would not have been carried") : S("it would have been carried");
    Str elects = m->upper_elects >= 0 ? part_name_in_line(a, r, m->upper_elects) : S("somebody else");
    return str_format(a, "%.*s would have been elected", STR_ARG(elects));
}

/* Lower and upper bound are the same. */
static void add_exact(Lines *lines, Arena *a, const Result *r, const Margin *m)
{
    Str upper = words_papers(a, m->upper), effect = words_effect(a, r, m), change = words_change(a, r, m);
    Str share = words_share(a, m->upper, r->valid);
    const char *same = r->yes_no ? "the answer is the same" : "nobody else is elected";
    add(lines, "Exact: with %.*s changed, %.*s (%.*s; a recount showed it); with fewer, %s.", STR_ARG(upper), STR_ARG(effect),
        STR_ARG(change), same);
    add(lines, "That is %.*s of the papers counted.", STR_ARG(share));
}

static void add_upper(Lines *lines, Arena *a, const Result *r, const Margin *m)
{
    Str upper = words_papers(a, m->upper), effect = words_effect(a, r, m), change = words_change(a, r, m);
    Str share = words_share(a, m->upper, r->valid);
    add(lines, "Upper bound: with %.*s changed, %.*s (%.*s; a recount showed it); that is %.*s of the papers counted.", STR_ARG(upper),
        STR_ARG(effect), STR_ARG(change), STR_ARG(share));
}

static void add_bounds(Lines *lines, Arena *a, const Result *r, const Margin *m)
{
    const char *same = r->yes_no ? "the answer is the same" : "nobody else is elected";
    if (m->lower_known) {
        Str fewest = words_papers(a, m->lower);
        add(lines, "Lower bound: at least %.*s would have to change; with fewer, %s.", STR_ARG(fewest), same);
    }
    if (m->upper_known) add_upper(lines, a, r, m);
    if (m->lower_known && m->upper_known) {
        Str least = part_whole(a, m->lower), most = part_whole(a, m->upper);
        add(lines, "These are bounds: the exact number lies between %.*s and %.*s.", STR_ARG(least), STR_ARG(most));
    } else if (m->lower_known) {
        add(lines, "No change with another outcome was found, so there is no upper bound.");
    } else if (m->upper_known) {
        add(lines, "No lower bound is proved for these rules: fewer might do.");
    } else {
        add(lines, "How many papers would have to change is not known for these rules.");
    }
}

/* Is there an outcome that other papers could have changed? */
static bool has_bounds(const Result *r, const Analysis *analysis)
{
    return analysis && r->rules->method != METHOD_POSTS && !r->open && (r->elected_count > 0 || r->yes_no);
}

Lines words_margin(Arena *a, const Result *r, const Analysis *analysis)
{
    Lines lines = lines_new(a);
    if (r->rules->method == METHOD_POSTS) return lines;
    Margin last;
    if (analysis) last = analysis->margin;
    else margin_last(a, r, &last);
    add_last_stage(&lines, a, r, &last);
    if (!has_bounds(r, analysis)) return lines;
    if (analysis->margin.exact) add_exact(&lines, a, r, &analysis->margin);
    else add_bounds(&lines, a, r, &analysis->margin);
    return lines;
}

bool words_close_fact(Arena *a, const Result *r, const Analysis *analysis, CloseFact *ret_fact)
{
    if (!has_bounds(r, analysis)) return false;
    const Margin *m = &analysis->margin;
    if (!m->upper_known && (!m->lower_known || m->lower <= 1)) return false; /* that one must change goes without saying */
    if (!m->upper_known) {
        Str fewest = str_format(a, "At least %.*s", STR_ARG(words_papers(a, m->lower)));
        *ret_fact = (CloseFact){fewest, S("would have had to change for another result")};
        return true;
    }
    Str most = words_papers(a, m->upper), effect = words_effect(a, r, m);
    ret_fact->small = str_format(a, "with %s changed, %.*s", m->upper == 1 ? "it" : "so many", STR_ARG(effect));
    if (m->exact) ret_fact->value = most;
    else if (m->lower_known) ret_fact->value = str_format(a, "%.*s to %.*s", STR_ARG(part_whole(a, m->lower)), STR_ARG(most));
    else ret_fact->value = str_format(a, "At most %.*s", STR_ARG(most));
    return true;
}

Lines words_single_mark(Arena *a, const Result *r, const Analysis *analysis)
{
    Lines lines = lines_new(a);
    /* Asked in an analysis of every count; otherwise only where the rules ask for later preferences. */
    bool asked = analysis || r->rules->method != METHOD_PLURALITY;
    if (!asked || r->rules->method == METHOD_POSTS || r->yes_no || r->unopposed || totals_only(r)) return lines;
    SingleMark one = analysis ? analysis->single : single_mark(a, r);
    const SingleMark *m = &one;
    if (!m->single || m->leader < 0) return lines;
    Str leader = part_name_in_line(a, r, m->leader);
    add(&lines, "Every paper carries one name only; no next preferences are held.");
    if (m->decided) {
        add(&lines, "%.*s has more than half of the votes, so no next preference could have changed that.", STR_ARG(leader));
        return lines;
    }
    if (m->second < 0) return lines;
    Str second = part_name_in_line(a, r, m->second);
    add(&lines, "Whether %.*s or %.*s would have won with next preferences cannot be known from these papers.", STR_ARG(leader),
        STR_ARG(second));
    if (m->share_to_change)
        add(&lines,
            "It would change if more than %.*s%% of the %.*s whose next preferences are not held went to %.*s, and the rest to %.*s.",
            STR_ARG(part_percent(a, m->share_to_change, 1)), STR_ARG(words_votes(a, r, m->unheld)), STR_ARG(second), STR_ARG(leader));
    else
        add(&lines, "Even if all of the %.*s whose next preferences are not held went to %.*s, %.*s would stay ahead.",
            STR_ARG(words_votes(a, r, m->unheld)), STR_ARG(second), STR_ARG(leader));
    return lines;
}

/* ---- what one paper weighed ---- */

/* 10 and more without decimals, below with one; a whole number never has any. */
static Str words_ratio(Arena *a, const Frac *f)
{
    bool whole = str_find(frac_text(a, f), '/') == frac_text(a, f).len;
    return frac_decimal(a, f, whole || frac_compare_ratio(f, 10, 1) >= 0 ? 0 : 1);
}

Str words_weight(Arena *a, const Frac *weight)
{
    if (frac_sign(weight) <= 0) return S("0");
    Frac *parts = frac_new(a, 1);
    frac_set_ratio(parts, 1, 1);
    frac_div(parts, weight);
    bool whole = str_find(frac_text(a, parts), '/') == frac_text(a, parts).len;
    Str digits = frac_decimal(a, parts, whole ? 0 : 1);
    return str_format(a, "1/%.*s", STR_ARG(digits));
}

Lines words_weights(Arena *a, const Result *r, const PaperWeights *w, int number)
{
    Lines lines = lines_new(a);
    int sections = r->papers->section_count, heaviest = -1;
    if (!w->weight) return lines;
    const Frac *weight = &w->weight[(number - 1) * sections];
    const bool *none = &w->none[(number - 1) * sections];
    for (int s = 0; s < sections; s++)
        if (!none[s] && (heaviest < 0 || frac_compare(&weight[s], &weight[heaviest]) > 0)) heaviest = s;
    for (int s = 0; s < sections; s++) {
        if (s == heaviest || none[s] || heaviest < 0 || frac_sign(&weight[s]) == 0) continue;
        Frac *ratio = frac_new(a, 1);
        frac_set(ratio, &weight[heaviest]);
        frac_div(ratio, &weight[s]);
        add(&lines, "At stage %d one paper of \"%.*s\" weighed as much as %.*s papers of \"%.*s\".", number,
            STR_ARG(r->papers->sections[heaviest].name), STR_ARG(words_ratio(a, ratio)), STR_ARG(r->papers->sections[s].name));
    }
    return lines;
}
