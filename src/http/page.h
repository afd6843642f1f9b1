/* page.h: how a room writes its pages. A page is one row in its room's route table; this header is all that a room needs.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A request's walk: connection -> route row -> who may -> session -> validated fields -> `page` -> view -> a template (HTML) or the view itself
 * (JSON, when the path ends in ".json" or the client asks for it). One function, two faces: every page is its own API.
 *
 *     static const Field note_fields[] = {
 *         {"contest", FIELD_SLUG, .required = true},                                         // from the path
 *         {"words", FIELD_TEXT, .required = true, .max = 2000, .label = "Your note", .hint = "It will be public."},
 *         {0}};
 *     static const Route routes[] = {
 *         {GET, "/contests/:contest/note", .who = WHO_ANYONE, .title = "Leave a note", .fields = note_fields, .page = note_form, .html = "note_form"},
 *         {POST, "/contests/:contest/note", .who = WHO_STEWARD, .title = "Leave a note", .fields = note_fields, .write = &note_add, .form = "note_form"},
 *     };
 *     const Room note_room = {"note", routes, COUNT_OF(routes)};
 *
 * GET never changes anything. A POST with `write` is a command: the framework checks the anti-forgery token and the fields, runs the command in a
 * transaction under an idempotency key, and answers when it is on disk: 303 to req_redirect for browsers, the answer as JSON for programs.
 * A POST with `page` keeps nothing (a calculation on what was sent).
 * Wrong fields never reach `page` or `write`: the form is shown again (422) with the GOV.UK error summary, everything typed still there.
 * Memory: everything lives in req->arena until the answer is sent.
 * Errors returned by page and write become pages: ERR_INPUT 422 (after req_wrong) or 400, ERR_MISSING 404, ERR_DENIED 403, ERR_CONFLICT 409, ERR_LIMIT 413,
 *       ERR_IO 503 with Retry-After. req->fault.expected is what the reader is told.
 */
#ifndef HUSTINGS_HTTP_PAGE_H
#define HUSTINGS_HTTP_PAGE_H

#include "db/db.h"
#include "record/act.h"

/* ---- fields: what a request may say ---- */

typedef enum FieldKind {
    FIELD_LINE,   /* one line of text, trimmed, clean UTF-8; min..max characters (max 0: 200) */
    FIELD_TEXT,   /* several lines, ended by \n; min..max characters (max 0: 10,000) */
    FIELD_NUMBER, /* a whole number from min to max */
    FIELD_CHOICE, /* one word of `choices` */
    FIELD_TICK,   /* a box that is ticked ("yes") or not there */
    FIELD_SLUG,   /* a part of a path: lower-case letters, digits, inner hyphens; at most 80 (or max) */
    FIELD_TOKEN,  /* an unguessable part of a path: 22 characters of base64url (128 bits) */
    FIELD_FILE,   /* an upload: at most `max` bytes (0: the body's limit) */
    FIELD_DAY,    /* a date: a line of at most 20 characters, that the page reads; the box has a calendar, and gives 2013-06-25 */
    FIELD_SECRET, /* a password, in a POST: as typed, blanks and all, one line; min..max characters (max 0: 200). Never shown again */
    FIELD__COUNT
} FieldKind;

typedef struct Choice {
    const char *value, *label;
} Choice;

typedef struct Field {
    const char *name; /* as in the path or the form; NULL ends a table */
    FieldKind kind;
    bool required;
    bool repeats; /* may be given several times, at most FIELD_REPEATS_MAX */
    int64_t min, max;
    const Choice *choices;    /* ends with {0} */
    const char *label;        /* above the box, for people: "Your name" */
    const char *hint;         /* below the label, or NULL */
    const char *autocomplete; /* HTML's word, or NULL */
    const char *standard;     /* what the box holds at first, or NULL */
} Field;

enum { FIELD_REPEATS_MAX = 256, FIELDS_MAX = 32 };

typedef struct Upload {
    Str file_name; /* as the browser said: clean text, no path; may be empty */
    Str bytes;
} Upload;

/* ---- routes ---- */

typedef enum Verb { GET, POST } Verb;

typedef enum Who {
    WHO_NOBODY, /* an empty row serves nobody */
    WHO_ANYONE,
    WHO_MEMBER,    /* is signed in as a person of the organisation's list, whatever else she is */
    WHO_ORGANISER, /* holds that role, or that of secretary, on the unit which the path's :unit names, or on one above it (Room.may answers); so do the two below */
    WHO_SECRETARY,
    WHO_RETURNING, /* returning officer */
    WHO_STEWARD,   /* runs this installation: publishes and withdraws, gives roles. Can read no paper, no letter and nobody's data */
    WHO__COUNT
} Who;
Str who_name(Who who);

#define SIGN_IN_PATH "/sign-in"

typedef struct Req Req;
typedef Err Page(Req *req, View *view);
typedef Err Write(Req *req, Db *db, View *answer);

/* How often one address (POST also: one session) may come here; more is 429 with Retry-After. */
typedef enum Rate {
    RATE_READ,   /* cheap pages: 3,000 a minute */
    RATE_STATIC, /* what never changes, and is read by the thousand to be checked: 60,000 a minute */
    RATE_WORK,   /* pages that calculate: 60 a minute, and 8 at once */
    RATE_WRITE,  /* commands: 120 a minute */
    RATE_ENTRY,  /* sign-in: 10 a minute */
    RATE__COUNT
} Rate;

typedef struct Route {
    Verb method;
    const char *path; /* "/contests/:contest/stages": each :part is a field; a last *part is all that is left, slashes and all */
    Who who;
    const char *title;   /* of the page, and in the API's description */
    const char *summary; /* one sentence for the API's description */
    const Field *fields; /* NULL: none */
    Page *page;
    Write *write;
    /* Of every row with `write`: the kinds of acts (record/act.h) of which it leaves a leaf, separated by spaces, "contest.withdrawn"; or "none: WHY" it is
     * no act of the apparatus. A row that does not say stops the start; a write that does otherwise is undone. */
    const char *act;
    Page *prepare;    /* before `write`, outside the transaction: checks that need no database. Its view is thrown away */
    const char *html; /* template of the page: "contest_stages" is pages/contest_stages.html of the room */
    const char *
        form; /* POST: the template shown again when fields are wrong; a `page` whose html it is too shows its form, as typed, with the result */
    Page *form_page;   /* POST: fills that form's view, or NULL */
    const char *posts; /* GET: the path of the POST route whose form this page shows; its fields become `form` in the template */
    /* GET, WHO_ANYONE, no form: the page is the same for everybody until this topic changes: it is kept, has an ETag and may be cached. It must not depend
     * on who asks or at which host (req->base is the configured one). "contest::slug" is the topic "contest:" and whatever the part :slug says. */
    const char *topic;
    int64_t body_max; /* POST: bytes; 0: 64 KiB */
    Rate rate;
    /* GET: what it says depends on req->base (a feed, whose links must be whole). Without a configured base it is not kept, as each host reads another. */
    bool names_base;
    bool heavy;      /* runs on a worker */
    bool no_json;    /* has no second face (downloads, live) */
    const char *nav; /* its name in the navigation at the top, or NULL */
} Route;

/* Room.may. A visitor is sent to SIGN_IN_PATH, which that room must serve (with the field `next`), before it is asked; a steward is refused. Without such a room
 * no table may have such rows; those of the three roles must have the field :unit in their path.
 * May this signed-in person do what a row of WHO_MEMBER, WHO_ORGANISER, WHO_SECRETARY or WHO_RETURNING asks, at the unit in its path (empty: none is asked
 * about)? ERR_OK with whom the record will name (empty for WHO_MEMBER), or ERR_DENIED. */
typedef Err May(Db *db, Arena *a, Str person, Who who, Str unit, int64_t now, Officer *ret_officer);

/* Which topics a live stream (/live?topic=...) may follow, and who: "contests" itself, or "contest:" and whatever comes after it. */
typedef struct TopicRule {
    const char *name; /* ends with ':' when it stands for all that begin so; NULL ends a table */
    Who who;
} TopicRule;

typedef struct Room {
    const char *name; /* of its folder: templates are src/<name>/pages/ */
    const Route *routes;
    int route_count;
    const TopicRule *topics; /* or NULL */
    /* A command that drops what is past its time, at most a thousand rows at once; run every few minutes. Or NULL. */
    Err (*expire)(Db *db, Command *command);
    /* A person is being erased: what this room keeps of her, in the command that erases her, while she is still there. `ids`: hers, then those of records that
     * were merged into hers. Or NULL. */
    Err (*forget)(Db *db, Arena *a, const Str *ids, int count, int64_t now);
    /* What is to be done once when the server has started, on a thread of its own; serving does not wait for it. Or NULL. */
    void (*begin)(Store *store, int64_t now);
    Str (*trouble)(
        Arena *a); /* a sentence for the steward's page while something of this room wants the operator; empty when nothing does. Or NULL */
    void (*figures)(Buf *out); /* its own lines of /metrics (Prometheus text), or NULL */
    May *may;                  /* of the one room that knows persons and their roles; NULL in all others */
    /* Of the same room: what a signed-in person is called, for the top of the page. ERR_MISSING: she is no more. */
    Err (*name_of)(Db *db, Arena *a, Str person, Str *ret_name);
} Room;

/* ---- what a template sees ----
 * The page's own view first; below it:
 *   site   name, version, assets.hustings_css (the path to load; dots and hyphens of the file's name as _), nav [name, path, here]
 *   page   title, path, json (path of its other face, when it has one), steward (is this one signed in), person (name of the person who is signed in),
 *          sign_in (for a visitor: the path where persons sign in), flash (said once), csrf, key (a new idempotency key), live (path of the stream for its
 *          topic, when it has one), base
 *   form   action, multipart, csrf, key, errors [field, message, href], fields [..], by.<name>; a field: name, id, label, hint, required, value, error,
 *          min, max, autocomplete, inputmode, repeats, and one of is_line, is_day, is_text, is_number, is_choice, is_tick, is_file, is_secret; choices [value, label, chosen]; ticked
 * "layout" (src/http/pages/layout.html) is rendered around every page, with its markup as `content`. Partials: {{> field}} is of the same room or of http/.
 */

/* ---- inside a handler ---- */

struct Req {
    Arena *arena;
    Db *db; /* for reading; NULL in a command, which has its own */
    const Route *route;
    int64_t now; /* milliseconds since 1970, UTC */
    Who who;
    Str actor;       /* who acts, as the store knows him: the session's id; empty for a visitor */
    Str person;      /* the person who is signed in; empty for a visitor and for a steward */
    Officer officer; /* who acts, as the record will say: name and role; empty for a visitor */
    Str base;        /* "https://example.org": for links that leave the page */
    Fault fault;
    void *room;             /* from `prepare` to `write` */
    struct ReqState *state; /* the framework's */
};

/* Only fields that the route declares; anything else is a bug. Empty, 0 or false when not given. */
Str req_text(const Req *req, const char *field); /* FIELD_LINE, TEXT, CHOICE, SLUG, TOKEN, SECRET */
bool req_given(const Req *req, const char *field);
int64_t req_number(const Req *req, const char *field);
bool req_ticked(const Req *req, const char *field);
int req_texts(const Req *req, const char *field, const Str **ret_values);
int req_uploads(const Req *req, const char *field, const Upload **ret_uploads);

/* What the person must mend; returns ERR_INPUT. `field` NULL: about the whole form. May be said several times before returning. */
NODISCARD Err req_wrong(Req *req, const char *field, const char *format, ...) PRINTF_LIKE(3, 4);
/* What she is told with any other error: fault.expected. Returns `err`. */
NODISCARD Err req_fail(Req *req, Err err, const char *format, ...) PRINTF_LIKE(3, 4);

/* What the box of the form this page shows holds at first (GET). */
void req_prefill(Req *req, const char *field, Str value);
/* Title of this page, when it is better than the route's. */
void req_title(Req *req, Str title);
/* Is it a path of this site, and nothing that a browser could take for another one? For paths that came from outside. */
bool path_is_own(Str path);
/* A path as the value of a query: "?next=" and this. */
Str path_as_value(Arena *a, Str path);
/* After a POST: where to go (a path of this site; anything else is a bug), and what is said there once at the top. */
void req_redirect(Req *req, const char *format, ...) PRINTF_LIKE(2, 3);
void req_flash(Req *req, const char *format, ...) PRINTF_LIKE(2, 3);
/* Instead of the view: these bytes, under a policy (sandbox) by which they can do nothing on this site. `file_name` not empty: to be saved under it. */
void req_send(Req *req, Str type, Str bytes, Str file_name);
/* The same for what is too large for memory: piece by piece, into a file without a name, which is then sent. ERR_IO: it could not be kept. */
void req_put(Req *req, Str piece);
NODISCARD Err req_send_put(Req *req, Str type, Str file_name);
/* What is sent (or shown) never changes at this address, and is the same for everybody: anybody may keep it for good. */
void req_lasting(Req *req);
/* What is sent is text at heart, whatever its type says: it is worth compressing. */
void req_packable(Req *req);
/* On the page that says what went wrong: where more of it is to be read (a path of this site). `words` is the link. */
void req_see(Req *req, Str path, Str words);
/* It was here and was taken away: 410, with these words. Returns ERR_MISSING. */
NODISCARD Err req_gone(Req *req, const char *format, ...) PRINTF_LIKE(2, 3);
/* 22 characters of base64url from the system's randomness: 128 bits for a secret; for the id of a row 48 bits of req->now and 80 of
 * randomness, so that rows made together lie together on the disk (at 20,000 commands a second this is what the disk feels). */
Str req_new_token(Req *req);
Str req_new_id(Req *req);

/* For every room: "3 October 2010", "25 September 2010, 16:45 BST" as people read them; ISO 8601 for machines. In Europe/London unless configured. */
Str date_words(Arena *a, Str iso_date);
Str time_words(Arena *a, int64_t now);
/* The same in UTC: for what stands in the public record, which must say the same everywhere and for ever. */
Str time_words_utc(Arena *a, int64_t now);
Str time_iso(Arena *a, int64_t now);
/* When something ends, to follow "until": "the end of 30 June 2027" when it ends with a day of the zone, else as time_words. */
Str end_words(Arena *a, int64_t ends);
/* The last day of what ends then, in the zone: "2027-06-30". */
Str last_day(Arena *a, int64_t ends);
/* When the day "2026-11-22" begins in that zone, and when the next one does: milliseconds since 1970, UTC. False: there is no such day. */
NODISCARD bool day_bounds(Str iso_date, int64_t *ret_begins, int64_t *ret_ends);
/* That zone, of the whole program: set before other threads begin. A site does it by itself; a command that reads or tells days does it first. */
NODISCARD Err dates_zone_set(Arena *a, Str zone, Fault *fault);

#endif
