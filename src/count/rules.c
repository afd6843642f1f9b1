/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * libinih splits the text into (section, key, value); the table `keys` says what each key may hold; `check` says what
 * does not go together. libinih cuts long lines and names without a word, so `scan` refuses them before it sees them.
 */
#include "count/rules.h"

#include "count/presets.h"

#include <ini.h>
#include <string.h>

enum { LINE_MAX_BYTES = 198, NAME_MAX_BYTES = 48, MARKS_UNSAID = -2 };

static const Str method_names[] = {
    S("alternative-vote"), S("college"), S("plurality"), S("posts"), S("yes-no"), S("stv-gregory"), S("stv-meek"), S("condorcet")};
static const Str stop_names[] = {S("majority"), S("last-two"), S("first-stage")};
static const Str tie_step_names[] = {S("forward"), S("backward"), S("lot"), S("order"), S("ask")};
static const Str completion_names[] = {S("schulze"), S("ranked-pairs")};
static const Str strength_names[] = {S("winning-votes"), S("margins")};
static const Str no_yes[] = {S("no"), S("yes")};
static const Str overvote_allow[] = {S("overvote"), S("allow")};
static const Str skip_exhaust[] = {S("skip"), S("exhaust")};
static const Str papers_roll[] = {S("papers"), S("roll")};
static const Str droop_only[] = {S("droop")};

_Static_assert(COUNT_OF(method_names) == METHOD__COUNT, "a name for each method");
_Static_assert(COUNT_OF(stop_names) == STOP__COUNT, "a name for each stop");
_Static_assert(COUNT_OF(tie_step_names) == TIE_STEP__COUNT, "a name for each tie step");
_Static_assert(COUNT_OF(completion_names) == COMPLETION__COUNT, "a name for each completion");
_Static_assert(COUNT_OF(strength_names) == STRENGTH__COUNT, "a name for each strength");

Str method_name(Method method)
{
    return method_names[method];
}

bool method_has_seats(Method method)
{
    return method == METHOD_PLURALITY || method == METHOD_STV_GREGORY || method == METHOD_STV_MEEK;
}

Str tie_step_name(TieStep step)
{
    return tie_step_names[step];
}

int rules_preset_count(void)
{
    return preset_count;
}

Str rules_preset_name(int preset)
{
    ASSERT(preset >= 0 && preset < preset_count);
    return presets[preset].name;
}

Str rules_preset_text(Str name)
{
    for (int i = 0; i < preset_count; i++)
        if (str_equal(presets[i].name, name)) return presets[i].text;
    return (Str){0};
}

/* --- values --- */

typedef struct Reading {
    Arena *a;
    Rules *rules;
    Fault *fault;
    uint64_t seen;     /* keys, by their place in `keys` */
    unsigned sections; /* methods' own sections, as bits of SECTION_ */
    bool failed;
} Reading;

typedef bool SetValue(Reading *in, Str value);

/* Remember the first mistake; inih tells its line at the end. */
static bool wrong(Reading *in, Str expected, Str found)
{
    if (!in->failed && fault_set(in->fault, ERR_INPUT, 0, 0, expected, found.len ? fault_quote(in->a, found) : found)) in->failed = true;
    return false;
}

static bool one_of(Reading *in, const Str *names, int count, Str value, int *ret_choice)
{
    for (int i = 0; i < count; i++)
        if (str_equal(names[i], value)) {
            *ret_choice = i;
            return true;
        }
    Buf b = buf_new(in->a);
    buf_str(&b, count > 1 ? S("one of ") : S(""));
    for (int i = 0; i < count; i++) {
        if (i) buf_str(&b, S(", "));
        buf_str(&b, names[i]);
    }
    return wrong(in, buf_done(&b), value.len ? value : S("nothing"));
}
#define ONE_OF(in, names, value, ret) one_of((in), (names), COUNT_OF(names), (value), (ret))

static bool number(Reading *in, Str value, int64_t least, int64_t most, int *ret_number)
{
    int64_t n;
    if (str_to_i64(value, &n) && n >= least && n <= most) {
        *ret_number = (int)n;
        return true;
    }
    return wrong(in, str_format(in->a, "a whole number from %lld to %lld", (long long)least, (long long)most), value);
}

static bool fraction(Reading *in, Str value, const Frac **ret_fraction)
{
    Frac *f = frac_new(in->a, 1);
    if (!frac_parse(value, f)) return wrong(in, S("a fraction such as 1/3, 0.4 or 40%"), value);
    *ret_fraction = f;
    return true;
}

static bool flag(Reading *in, const Str *names, Str value, bool *ret_flag)
{
    int choice;
    if (!one_of(in, names, 2, value, &choice)) return false;
    *ret_flag = choice == 1;
    return true;
}

static bool tie_rule(Reading *in, Str value, TieRule *rule)
{
    rule->count = 0;
    for (Str rest = value; rest.len;) {
        Str word;
        str_cut(rest, ',', &word, &rest);
        int step;
        if (rule->count == TIE_STEPS_MAX) return wrong(in, S("at most five steps"), value);
        if (!ONE_OF(in, tie_step_names, str_trim(word), &step)) return false;
        rule->steps[rule->count++] = (TieStep)step;
    }
    return rule->count > 0 || wrong(in, S("a list of tie steps such as 'forward, lot'"), (Str){0});
}

#define TEXT_KEY(field)                             \
    static bool set_##field(Reading *in, Str value) \
    {                                               \
        in->rules->field = str_copy(in->a, value);  \
        return true;                                \
    }
TEXT_KEY(name)
TEXT_KEY(title)
TEXT_KEY(source)
TEXT_KEY(write_ins)
TEXT_KEY(yes)
TEXT_KEY(no)

static bool set_method(Reading *in, Str value)
{
    int choice;
    if (!ONE_OF(in, method_names, value, &choice)) return false;
    in->rules->method = (Method)choice;
    return true;
}

static bool set_seats(Reading *in, Str value)
{
    return number(in, value, 1, RULES_SEATS_MAX, &in->rules->seats);
}

static bool set_stop(Reading *in, Str value)
{
    int choice;
    if (!ONE_OF(in, stop_names, value, &choice)) return false;
    in->rules->stop = (Stop)choice;
    return true;
}

static bool set_batch(Reading *in, Str value)
{
    return flag(in, no_yes, value, &in->rules->batch_elimination);
}

static bool set_equal_ranks(Reading *in, Str value)
{
    return flag(in, overvote_allow, value, &in->rules->papers.equal_ranks_allowed);
}

static bool set_skipped_rank(Reading *in, Str value)
{
    return flag(in, skip_exhaust, value, &in->rules->papers.skipped_exhausts);
}

static bool set_skipped_allowed(Reading *in, Str value)
{
    return number(in, value, 0, 1000, &in->rules->papers.skipped_ranks_allowed);
}

static bool set_overvote(Reading *in, Str value)
{
    return flag(in, skip_exhaust, value, &in->rules->papers.overvote_exhausts);
}

static bool set_duplicate(Reading *in, Str value)
{
    return flag(in, skip_exhaust, value, &in->rules->papers.duplicate_exhausts);
}

static bool set_max_ranks(Reading *in, Str value)
{
    return number(in, value, 0, 1000, &in->rules->papers.max_ranks);
}

static bool set_exclude(Reading *in, Str value)
{
    return tie_rule(in, value, &in->rules->exclude);
}

static bool set_elect(Reading *in, Str value)
{
    return tie_rule(in, value, &in->rules->elect);
}

static bool set_surplus(Reading *in, Str value)
{
    return tie_rule(in, value, &in->rules->surplus);
}

static bool set_marks(Reading *in, Str value)
{
    if (str_equal(value, S("first"))) in->rules->marks = MARKS_FIRST;
    else if (str_equal(value, S("seats"))) in->rules->marks = MARKS_AS_SEATS;
    else return number(in, value, 1, RULES_SEATS_MAX, &in->rules->marks);
    return true;
}

static bool set_each(Reading *in, Str value)
{
    static const Str each_names[] = {S("plurality"), S("alternative-vote")};
    int choice;
    if (!ONE_OF(in, each_names, value, &choice)) return false;
    in->rules->each = choice ? METHOD_ALTERNATIVE_VOTE : METHOD_PLURALITY;
    return true;
}

static bool set_quota(Reading *in, Str value)
{
    int choice;
    return ONE_OF(in, droop_only, value, &choice);
}

static bool set_decimals(Reading *in, Str value)
{
    return number(in, value, 0, 12, &in->rules->decimals);
}

static bool set_omega(Reading *in, Str value)
{
    return number(in, value, 1, 12, &in->rules->omega);
}

static bool set_completion(Reading *in, Str value)
{
    int choice;
    if (!ONE_OF(in, completion_names, value, &choice)) return false;
    in->rules->completion = (Completion)choice;
    return true;
}

static bool set_strength(Reading *in, Str value)
{
    int choice;
    if (!ONE_OF(in, strength_names, value, &choice)) return false;
    in->rules->strength = (Strength)choice;
    return true;
}

static bool set_pass(Reading *in, Str value)
{
    return fraction(in, value, &in->rules->pass);
}

static bool set_turnout(Reading *in, Str value)
{
    return fraction(in, value, &in->rules->turnout);
}

static bool set_of(Reading *in, Str value)
{
    return flag(in, papers_roll, value, &in->rules->pass_of_roll);
}

/* --- keys --- */

#define ANY_METHOD (~0u)
#define ON(method) (1u << (method))
#define ELIMINATING (ON(METHOD_ALTERNATIVE_VOTE) | ON(METHOD_COLLEGE) | ON(METHOD_POSTS))
#define STV (ON(METHOD_STV_GREGORY) | ON(METHOD_STV_MEEK))

/* `methods`: where the key means something; elsewhere it is an error, for it would be ignored without a word. */
typedef struct Key {
    Str section, name;
    unsigned methods;
    SetValue *set;
} Key;

static const Key keys[] = {
    {S("rules"), S("name"), ANY_METHOD, set_name},
    {S("rules"), S("title"), ANY_METHOD, set_title},
    {S("rules"), S("source"), ANY_METHOD, set_source},
    {S("rules"), S("method"), ANY_METHOD, set_method},
    {S("count"), S("seats"), ANY_METHOD, set_seats},
    {S("count"), S("stop"), ELIMINATING, set_stop},
    {S("count"), S("batch_elimination"), ELIMINATING, set_batch},
    {S("count"), S("write_ins"), ON(METHOD_ALTERNATIVE_VOTE) | ON(METHOD_COLLEGE), set_write_ins},
    {S("papers"), S("equal_ranks"), ANY_METHOD, set_equal_ranks},
    {S("papers"), S("skipped_rank"), ANY_METHOD, set_skipped_rank},
    {S("papers"), S("skipped_ranks_allowed"), ANY_METHOD, set_skipped_allowed},
    {S("papers"), S("overvote"), ANY_METHOD, set_overvote},
    {S("papers"), S("duplicate"), ANY_METHOD, set_duplicate},
    {S("papers"), S("max_ranks"), ANY_METHOD, set_max_ranks},
    {S("ties"), S("exclude"), ELIMINATING | STV, set_exclude},
    {S("ties"), S("elect"), ELIMINATING | ON(METHOD_PLURALITY) | ON(METHOD_CONDORCET), set_elect},
    {S("ties"), S("surplus"), ON(METHOD_STV_GREGORY), set_surplus},
    {S("plurality"), S("marks"), ON(METHOD_PLURALITY) | ON(METHOD_POSTS), set_marks},
    {S("posts"), S("each"), ON(METHOD_POSTS), set_each},
    {S("stv"), S("quota"), STV, set_quota},
    {S("stv"), S("decimals"), STV, set_decimals},
    {S("stv"), S("omega"), ON(METHOD_STV_MEEK), set_omega},
    {S("condorcet"), S("completion"), ON(METHOD_CONDORCET), set_completion},
    {S("condorcet"), S("strength"), ON(METHOD_CONDORCET), set_strength},
    {S("yes-no"), S("yes"), ON(METHOD_YES_NO), set_yes},
    {S("yes-no"), S("no"), ON(METHOD_YES_NO), set_no},
    {S("yes-no"), S("pass"), ON(METHOD_YES_NO), set_pass},
    {S("yes-no"), S("of"), ON(METHOD_YES_NO), set_of},
    {S("yes-no"), S("turnout"), ON(METHOD_YES_NO), set_turnout},
};
_Static_assert(COUNT_OF(keys) <= 64, "Reading.seen has a bit for each key");

static bool known_section(Str section)
{
    if (str_equal(section, S("sections")) || str_starts(section, S("post "))) return true;
    for (int i = 0; i < COUNT_OF(keys); i++)
        if (str_equal(keys[i].section, section)) return true;
    return false;
}

static bool add_weight(Reading *in, Str name, Str value)
{
    Rules *r = in->rules;
    for (int i = 0; i < r->section_count; i++)
        if (str_equal(r->sections[i].name, name)) return wrong(in, S("each section once"), name);
    if (r->section_count == RULES_SECTIONS_MAX) return wrong(in, S("at most 64 sections"), name);
    const Frac *weight = NULL;
    if (!fraction(in, value, &weight)) return false;
    if (frac_sign(weight) == 0) return wrong(in, S("a weight above 0"), value);
    r->sections[r->section_count++] = (RulesSection){.name = str_copy(in->a, name), .weight = weight};
    return true;
}

static RulesPost *find_post(Reading *in, Str name)
{
    Rules *r = in->rules;
    for (int i = 0; i < r->post_count; i++)
        if (str_equal(r->posts[i].name, name)) return &r->posts[i];
    if (r->post_count == RULES_POSTS_MAX) {
        wrong(in, S("at most 100 posts"), name);
        return NULL;
    }
    r->posts[r->post_count] = (RulesPost){.name = str_copy(in->a, name), .seats = 1};
    return &r->posts[r->post_count++];
}

static bool add_post_candidates(Reading *in, RulesPost *post, Str value)
{
    for (Str rest = value; rest.len;) {
        Str name;
        str_cut(rest, ',', &name, &rest);
        name = str_trim(name);
        if (!name.len) return wrong(in, S("candidates separated by commas"), value);
        for (int i = 0; i < post->candidate_count; i++)
            if (str_equal(post->candidates[i], name)) return wrong(in, S("each candidate of a post once"), name);
        int n = post->candidate_count;
        post->candidates = arena_grow(in->a, Str, post->candidates, (size_t)n, (size_t)n + 1);
        post->candidates[post->candidate_count++] = str_copy(in->a, name);
    }
    return true;
}

static bool set_post(Reading *in, Str post_name, Str key, Str value)
{
    RulesPost *post = find_post(in, post_name);
    if (!post) return false;
    if (str_equal(key, S("seats"))) {
        if (post->seats_given) return wrong(in, S("each key of a post once"), key);
        post->seats_given = true;
        return number(in, value, 1, RULES_SEATS_MAX, &post->seats);
    }
    if (str_equal(key, S("candidates"))) return add_post_candidates(in, post, value);
    return wrong(in, S("'seats' or 'candidates' in a [post ...] section"), key);
}

static bool set_key(Reading *in, Str section, Str key, Str value)
{
    if (str_equal(section, S("sections"))) return add_weight(in, key, value);
    if (str_starts(section, S("post "))) return set_post(in, str_trim(str_slice(section, 5, section.len)), key, value);
    for (int i = 0; i < COUNT_OF(keys); i++) {
        if (!str_equal(keys[i].section, section) || !str_equal(keys[i].name, key)) continue;
        if (in->seen >> i & 1) return wrong(in, S("each key once (an indented line continues the one above it)"), key);
        in->seen |= UINT64_C(1) << i;
        return keys[i].set(in, value);
    }
    return wrong(in, str_format(in->a, "a key known in [%.*s] (docs/counting-rules.md lists them)", STR_ARG(section)), key);
}

static int on_key(void *user, const char *section, const char *name, const char *value)
{
    return set_key(user, str_from_c(section), str_from_c(name), str_from_c(value));
}

/* --- the whole text --- */

/* Refuse what inih would cut or misread in silence. */
static Err scan(Arena *a, Str text, Fault *fault)
{
    if (text.len > RULES_TEXT_MAX)
        return fault_setf(fault, a, ERR_LIMIT, "a rules file may have at most %d bytes; this one has %zu", RULES_TEXT_MAX, text.len);
    int64_t line_number = 0;
    for (Str rest = text; rest.len;) {
        Str line;
        str_cut(rest, '\n', &line, &rest);
        line_number++;
        if (!str_is_clean_text(str_trim(line))) return fault_set(fault, ERR_INPUT, line_number, 1, S("UTF-8 text"), fault_quote(a, line));
        if (line.len > LINE_MAX_BYTES)
            return fault_set(fault, ERR_INPUT, line_number, LINE_MAX_BYTES, str_format(a, "at most %d bytes in a line", LINE_MAX_BYTES),
                str_format(a, "%zu", line.len));
        Str trimmed = str_trim(line);
        if (!trimmed.len || trimmed.ptr[0] == ';' || trimmed.ptr[0] == '#') continue;
        bool heading = trimmed.ptr[0] == '[';
        size_t equals = str_find(trimmed, '='), colon = str_find(trimmed, ':');
        size_t end = heading ? str_find(trimmed, ']') : equals < colon ? equals : colon;
        Str name = str_trim(str_slice(trimmed, heading ? 1 : 0, end));
        if (name.len > NAME_MAX_BYTES)
            return fault_set(
                fault, ERR_INPUT, line_number, 1, str_format(a, "a name of at most %d bytes", NAME_MAX_BYTES), fault_quote(a, name));
        if (heading && (end == trimmed.len || !known_section(name)))
            return fault_set(fault, ERR_INPUT, line_number, 1,
                S("a known section such as [rules], [count], [papers], [ties], [sections] or [post NAME]"), fault_quote(a, trimmed));
    }
    return ERR_OK;
}

static Err misfit(Arena *a, Fault *fault, const char *why)
{
    return fault_set(fault, ERR_INPUT, 0, 0, str_copy(a, str_from_c(why)), (Str){0});
}

/* With posts, keys that mean nothing for the way each post is counted. */
static Err check_posts(const Reading *in)
{
    const Rules *r = in->rules;
    if (r->method != METHOD_POSTS) return ERR_OK;
    for (int i = 0; i < COUNT_OF(keys); i++) {
        if (!(in->seen >> i & 1)) continue;
        bool for_elimination = keys[i].set == set_stop || keys[i].set == set_batch || keys[i].set == set_exclude;
        bool idle = r->each == METHOD_PLURALITY ? for_elimination : keys[i].set == set_marks;
        if (idle)
            return fault_setf(in->fault, in->a, ERR_INPUT, "[%.*s] %.*s means nothing with each = %.*s; take the line out",
                STR_ARG(keys[i].section), STR_ARG(keys[i].name), STR_ARG(method_name(r->each)));
    }
    return ERR_OK;
}

/* Values that are right one by one and wrong together. */
static Err check(Reading *in)
{
    Arena *a = in->a;
    const Rules *r = in->rules;
    bool has_method = false;
    for (int i = 0; i < COUNT_OF(keys); i++) {
        if (!(in->seen >> i & 1)) continue;
        has_method |= keys[i].set == set_method;
        if (!(keys[i].methods & ON(r->method)))
            return fault_setf(in->fault, a, ERR_INPUT, "[%.*s] %.*s means nothing with method = %.*s; take the line out",
                STR_ARG(keys[i].section), STR_ARG(keys[i].name), STR_ARG(method_name(r->method)));
    }
    if (!has_method) return misfit(a, in->fault, "these rules name no method; expected 'method = ...' under [rules]");
    if (r->method != METHOD_COLLEGE && r->section_count)
        return misfit(a, in->fault, "[sections] gives weights, which only method = college uses");
    if (r->method == METHOD_COLLEGE && !r->section_count)
        return misfit(a, in->fault, "method = college needs [sections] with a weight for each section");
    if (r->method != METHOD_POSTS && r->post_count) return misfit(a, in->fault, "[post ...] sections go with method = posts");
    if (r->papers.equal_ranks_allowed && r->method != METHOD_CONDORCET)
        return misfit(a, in->fault, "equal_ranks = allow goes with method = condorcet only");
    if ((ON(r->method) & STV) && r->decimals < 0)
        return misfit(a, in->fault, "[stv] decimals is missing: say how many decimals a vote has");
    if (r->method == METHOD_STV_MEEK && r->decimals < 9) return misfit(a, in->fault, "Meek's method needs 9 to 12 decimals");
    if (r->method == METHOD_STV_MEEK && r->omega > r->decimals) return misfit(a, in->fault, "[stv] omega may not be larger than decimals");
    if (r->method == METHOD_STV_GREGORY && r->decimals > 9) return misfit(a, in->fault, "stv-gregory counts with 0 to 9 decimals");
    if (!method_has_seats(r->method) && r->seats != 1)
        return fault_setf(
            in->fault, a, ERR_INPUT, "method = %.*s fills one seat, these rules say %d", STR_ARG(method_name(r->method)), r->seats);
    if (r->method == METHOD_YES_NO && str_equal(r->yes, r->no))
        return misfit(a, in->fault, "[yes-no] yes and no must be two different words");
    if (r->papers.skipped_ranks_allowed && !r->papers.skipped_exhausts)
        return misfit(a, in->fault, "skipped_ranks_allowed goes with skipped_rank = exhaust");
    return ERR_OK;
}

static Rules *defaults(Arena *a, Str text, Str name)
{
    Rules *r = arena_new(a, Rules, 1);
    Frac *half = frac_new(a, 1);
    frac_set_ratio(half, 1, 2);
    *r = (Rules){
        .name = str_copy(a, name),
        .text = str_copy(a, text),
        .hash = sha256(text),
        .seats = 1,
        .each = METHOD_PLURALITY,
        .marks = MARKS_UNSAID,
        .sections = arena_new(a, RulesSection, RULES_SECTIONS_MAX),
        .posts = arena_new(a, RulesPost, RULES_POSTS_MAX),
        .decimals = -1,
        .omega = 6,
        .yes = S("Yes"),
        .no = S("No"),
        .pass = half,
        .turnout = frac_new(a, 1),
    };
    return r;
}

Err rules_parse(Arena *a, Str text, Str name, Rules **ret_rules, Fault *fault)
{
    Err e = scan(a, text, fault);
    if (e) return e;
    Reading in = {.a = a, .rules = defaults(a, text, name), .fault = fault};
    int bad_line = ini_parse_string(str_c(a, text), on_key, &in);
    if (in.failed) {
        fault->line = bad_line > 0 ? bad_line : 0;
        return fault->err;
    }
    if (bad_line > 0) return fault_set(fault, ERR_INPUT, bad_line, 1, S("[section], key = value, or a comment after ';'"), S("neither"));
    if (bad_line < 0) out_of_memory(text.len);
    e = check(&in);
    if (e) return e;
    e = check_posts(&in);
    if (e) return e;
    if (in.rules->marks == MARKS_UNSAID) in.rules->marks = in.rules->method == METHOD_POSTS ? MARKS_AS_SEATS : MARKS_FIRST;
    *ret_rules = in.rules;
    return ERR_OK;
}
