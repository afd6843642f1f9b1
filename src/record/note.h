/* note.h: signed notes, checkpoints and proofs as text: what the record says to the world, and how it is checked.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: text that anybody can read, sign and check with other people's programs: Go's sumdb/note opens what this signs.
 * Signed notes (C2SP signed-note): Ed25519, type 0x01; cosignatures (C2SP tlog-cosignature): cosignature/v1, type 0x04, with a POSIX time in seconds.
 * Keys as text: "NAME+KEYID+BASE64" (vkey), "PRIVATE+KEY+NAME+KEYID+BASE64" (as Go's note.GenerateKey writes it; the type byte says which kind).
 * Memory: in the arena; strings of a Note point into the text it was read from. A Signer holds a secret: signer_wipe it.
 * Errors: ERR_INPUT for text that is not of the form (the Fault names the line), and for a signature of a known key that is wrong; ERR_MISSING when no
 *       known key has signed; ERR_LIMIT above NOTE_MAX bytes or NOTE_SIGNATURES_MAX signatures.
 */
#ifndef HUSTINGS_RECORD_NOTE_H
#define HUSTINGS_RECORD_NOTE_H

#include "record/tree.h"

enum {
    NOTE_MAX = 64 * 1024,
    NOTE_SIGNATURES_MAX = 64,
    NOTE_SIGNED_BYTES = 64,
    NOTE_PUBLIC_BYTES = 32,
    NOTE_SEED_BYTES = 32,
    KEY_NAME_MAX = 200
};

typedef enum KeyKind { KEY_NOTE = 1, KEY_COSIGN = 4 } KeyKind;

typedef struct Verifier {
    Str name;
    KeyKind kind;
    uint32_t id; /* the first four bytes of SHA-256(name || "\n" || kind || public key) */
    uint8_t public_key[NOTE_PUBLIC_BYTES];
} Verifier;

typedef struct Signer {
    Verifier verifier;
    uint8_t seed[NOTE_SEED_BYTES];
} Signer;

/* Not empty, no spaces of Unicode, no '+', no control characters, at most KEY_NAME_MAX bytes. */
bool key_name_is_good(Str name);
NODISCARD Err verifier_read(Arena *a, Str vkey, Verifier *ret_verifier, Fault *fault);
Str verifier_text(Arena *a, const Verifier *verifier);
bool verifier_equal(const Verifier *verifier, const Verifier *other);
NODISCARD Err signer_read(Arena *a, Str skey, Signer *ret_signer, Fault *fault);
Str signer_text(Arena *a, const Signer *signer); /* secret */
/* A new key from the system's randomness; `name` must be good, and is not copied. */
void signer_new(Str name, KeyKind kind, Signer *ret_signer);
void signer_wipe(Signer *signer);

/* ---- notes ---- */

typedef struct NoteSignature {
    Str name;
    uint32_t id;
    Str bytes; /* after the key id: 64 for a note's own signature, 8 + 64 for a cosignature */
    Str line;  /* all of it, with its newline */
} NoteSignature;

typedef struct Note {
    Str text; /* what is signed, with its last newline */
    NoteSignature signatures[NOTE_SIGNATURES_MAX];
    int signature_count;
} Note;

NODISCARD Err note_read(Arena *a, Str bytes, Note *ret_note, Fault *fault);
/* "— name base64\n". `text` ends with a newline. For KEY_COSIGN `time` is in seconds since 1970; otherwise not used. */
Str note_sign(Arena *a, const Signer *signer, Str text, int64_t time);
/* ERR_OK: this key has signed, and rightly (*ret_time of a cosignature, else 0; may be NULL). ERR_MISSING: it has not. ERR_INPUT: wrongly.
 * When it has signed several times, every one must be right, and *ret_time is that of the newest. */
NODISCARD Err note_check(const Note *note, const Verifier *verifier, int64_t *ret_time);
/* The same for one line that came alone (a witness's answer) and the text that it signs. */
NODISCARD Err note_check_line(Arena *a, Str line, Str text, const Verifier *verifier, int64_t *ret_time);

/* ---- checkpoints (C2SP tlog-checkpoint) ---- */

typedef struct Checkpoint {
    Str origin;
    int64_t size;
    Sha256 root;
} Checkpoint;

Str checkpoint_text(Arena *a, const Checkpoint *checkpoint);
/* From a note's text; extension lines are allowed and not kept. */
NODISCARD Err checkpoint_read(Str text, Checkpoint *ret_checkpoint, Fault *fault);

/* ---- proofs as files (C2SP tlog-proof: "c2sp.org/tlog-proof@v1") ---- */

enum { PROOF_FILE_MAX = 256 * 1024 }; /* above it: ERR_LIMIT; an entry fits in as `extra` */

typedef struct ProofFile {
    Str extra; /* decoded; empty: none */
    int64_t index;
    TreeProof proof;
    Str checkpoint; /* a signed note, as it stands */
} ProofFile;

Str proof_text(Arena *a, const ProofFile *proof);
NODISCARD Err proof_read(Arena *a, Str text, ProofFile *ret_proof, Fault *fault);

/* ---- what is sent to a witness (C2SP tlog-witness, add-checkpoint) ---- */

typedef struct AddCheckpoint {
    int64_t old_size;
    TreeProof proof;
    Str checkpoint; /* a signed note, as it stands */
} AddCheckpoint;

Str add_checkpoint_text(Arena *a, const AddCheckpoint *request);
NODISCARD Err add_checkpoint_read(Arena *a, Str text, AddCheckpoint *ret_request, Fault *fault);

/* Standard base64 with padding (RFC 4648 section 4); reading refuses everything that writing would not give. */
Str base64(Arena *a, Str bytes);
NODISCARD bool base64_read(Arena *a, Str text, Str *ret_bytes);

#endif
