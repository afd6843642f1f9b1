// A record of ours, opened with Go's own sumdb/note and sumdb/tlog (golang.org/x/mod). SPDX-License-Identifier: AGPL-3.0-or-later
//
//	interop record FOLDER VKEY [OLD-CHECKPOINT...]   everything in a folder that holds what a site serves under /record/: the checkpoint's signature,
//	                                                 every entry, every tile, every proof in leaves/ and grown/, and that older checkpoints still hold
//	interop cosigned FOLDER VKEY                     the checkpoint's cosignature by that witness; prints its time
//	interop keys SKEY VKEY                           both belong to each other
//	interop generate NAME                            a new key: the signing key and the verifier, a line each
//	interop sign SKEY                                sign the text on stdin: a note
//	interop cosign SKEY SECONDS                      the same as a witness, with a key of kind 4
//	interop open VKEY                                open the note on stdin: prints its text
//
// What is right must pass and, in "record", each check must fail when one bit of what it reads is changed. The last line is "... N passed, N failed".
// golang.org/x/mod knows no cosignatures; they are written here as C2SP tlog-cosignature has them, behind note's own interfaces.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

var passed, failed int

func check(what string, err error) {
	if err == nil {
		passed++
		return
	}
	failed++
	if failed <= 20 {
		fmt.Printf("FAILED  %s: %v\n", what, err)
	}
}

// refused passes when err is there: what was changed must not go through.
func refused(what string, err error) {
	if err == nil {
		err = errors.New("it went through, though a bit was changed")
	} else {
		err = nil
	}
	check(what, err)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
}

// ---- cosignatures ----

type cosigner struct {
	name    string
	hash    uint32
	public  ed25519.PublicKey
	private ed25519.PrivateKey // of a signer
	time    uint64             // to be signed, or found while verifying
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func cosignedMessage(time uint64, text []byte) []byte {
	return append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), text...)
}

func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	c.time = binary.BigEndian.Uint64(signature)
	return ed25519.Verify(c.public, cosignedMessage(c.time, text), signature[8:])
}

func (c *cosigner) Sign(text []byte) ([]byte, error) {
	signature := binary.BigEndian.AppendUint64(nil, c.time)
	return append(signature, ed25519.Sign(c.private, cosignedMessage(c.time, text))...), nil
}

func cosignerHash(name string, public []byte) uint32 {
	h := sha256.Sum256(append([]byte(name+"\n\x04"), public...))
	return binary.BigEndian.Uint32(h[:])
}

// cosignerKey takes "NAME+KEYID+BASE64" of kind 4 apart.
func cosignerKey(text string) (name string, hash uint32, key []byte, err error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return "", 0, nil, errors.New("no key: " + text)
	}
	id, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return "", 0, nil, err
	}
	key, err = base64.StdEncoding.DecodeString(parts[2])
	if err == nil && (len(key) != 33 || key[0] != 4) {
		err = errors.New("no key of kind 4: " + text)
	}
	if err != nil {
		return "", 0, nil, err
	}
	return parts[0], uint32(id), key[1:], nil
}

func newCosignerVerifier(vkey string) (*cosigner, error) {
	name, hash, key, err := cosignerKey(vkey)
	if err == nil && hash != cosignerHash(name, key) {
		err = errors.New("the id does not belong to the key")
	}
	return &cosigner{name: name, hash: hash, public: key}, err
}

func newCosigner(skey string, time uint64) (*cosigner, error) {
	name, hash, seed, err := cosignerKey(strings.TrimPrefix(skey, "PRIVATE+KEY+"))
	if err != nil {
		return nil, err
	}
	private := ed25519.NewKeyFromSeed(seed)
	if hash != cosignerHash(name, private.Public().(ed25519.PublicKey)) {
		return nil, errors.New("the id does not belong to the key")
	}
	return &cosigner{name: name, hash: hash, private: private, time: time}, nil
}

// ---- checkpoints, proof files, requests ----

func openCheckpoint(bytes []byte, known note.Verifiers) (origin string, tree tlog.Tree, err error) {
	n, err := note.Open(bytes, known)
	if err != nil {
		return "", tree, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] == "" {
		return "", tree, errors.New("no checkpoint: " + n.Text)
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return "", tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return lines[0], tree, err
}

func hashLines(lines []string) (hashes []tlog.Hash, err error) {
	for _, line := range lines {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, h)
	}
	return hashes, nil
}

// numberAfter reads "WORD N".
func numberAfter(word, line string) (int64, error) {
	if !strings.HasPrefix(line, word+" ") {
		return 0, fmt.Errorf("no %q: %q", word, line)
	}
	return strconv.ParseInt(line[len(word)+1:], 10, 64)
}

// proofFile reads a c2sp.org/tlog-proof@v1.
func proofFile(text string) (index int64, extra []byte, proof tlog.RecordProof, checkpoint string, err error) {
	head, checkpoint, ok := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || lines[0] != "c2sp.org/tlog-proof@v1" || len(lines) < 2 {
		return 0, nil, nil, "", errors.New("no proof file")
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		if extra, err = base64.StdEncoding.DecodeString(lines[0][len("extra "):]); err != nil {
			return 0, nil, nil, "", err
		}
		lines = lines[1:]
	}
	if index, err = numberAfter("index", lines[0]); err != nil {
		return 0, nil, nil, "", err
	}
	proof, err = hashLines(lines[1:])
	return index, extra, proof, checkpoint, err
}

// request reads what is sent to a witness.
func request(text string) (old int64, proof tlog.TreeProof, checkpoint string, err error) {
	head, checkpoint, ok := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !ok {
		return 0, nil, "", errors.New("no request")
	}
	if old, err = numberAfter("old", lines[0]); err != nil {
		return 0, nil, "", err
	}
	proof, err = hashLines(lines[1:])
	return old, proof, checkpoint, err
}

// ---- a whole record ----

// record is a folder; stored is its tree computed anew from the entries, as tlog stores one.
type record struct {
	folder string
	tree   tlog.Tree
	stored []tlog.Hash
}

func (r *record) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, i := range indexes {
		if i >= int64(len(r.stored)) {
			return nil, fmt.Errorf("no stored hash %d", i)
		}
		hashes = append(hashes, r.stored[i])
	}
	return hashes, nil
}

func (r *record) file(name string) ([]byte, error) { return os.ReadFile(filepath.Join(r.folder, name)) }

// tilePath is the path in C2SP tlog-tiles of what Go calls tile/8/LEVEL/... or tile/8/data/...
func tilePath(t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), "tile/8/")
	return "tile/" + strings.Replace(path, "data/", "entries/", 1)
}

// tilesOf is every tile of a level: the full ones and the last. Level -1 is that of the entries.
func tilesOf(level int, size int64) (tiles []tlog.Tile) {
	hashes := size
	if level > 0 {
		hashes >>= height * level
	}
	for n := int64(0); n<<height < hashes; n++ {
		width := hashes - n<<height
		if width > 1<<height {
			width = 1 << height
		}
		tiles = append(tiles, tlog.Tile{H: height, L: level, N: n, W: int(width)})
	}
	return tiles
}

// bundles reads every entry and computes the tree from them.
func (r *record) bundles() error {
	number := int64(0)
	for _, t := range tilesOf(-1, r.tree.N) {
		b, err := r.file(tilePath(t))
		if err != nil {
			return err
		}
		for i := 0; i < t.W; i++ {
			if len(b) < 2 || len(b) < 2+int(binary.BigEndian.Uint16(b)) {
				return fmt.Errorf("the bundle of entry %d ends early", number)
			}
			length := 2 + int(binary.BigEndian.Uint16(b))
			hashes, err := tlog.StoredHashes(number, b[2:length], r)
			if err != nil {
				return err
			}
			r.stored, b = append(r.stored, hashes...), b[length:]
			number++
		}
		if len(b) != 0 {
			return fmt.Errorf("the bundle before entry %d goes on", number)
		}
	}
	return nil
}

func rootIs(n int64, want tlog.Hash, from tlog.HashReader) error {
	got, err := tlog.TreeHash(n, from)
	if err == nil && got != want {
		err = fmt.Errorf("the root of %d leaves is %v, not %v", n, got, want)
	}
	return err
}

// tiled reads hashes from tiles. tlog.TileHashReader would check them against each other as well, but in the versions before 0.40 it leaves some out
// (CVE-2026-56865), and Debian 12 has 0.7: so each tile is checked here, in tileHolds.
type tiled struct {
	size  int64
	tiles map[string][]byte
}

func (t *tiled) hash(index int64) (hash tlog.Hash, err error) {
	tile := tlog.TileForIndex(height, index)
	for _, there := range tilesOf(tile.L, t.size) {
		if there.N == tile.N && there.W >= tile.W {
			return tlog.HashFromTile(there, t.tiles[tilePath(there)], index)
		}
	}
	return hash, fmt.Errorf("no tile has hash %d", index)
}

func (t *tiled) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, i := range indexes {
		hash, err := t.hash(i)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// tileHolds: a full tile is what the tile above it says; what no full tile covers is in the signed root.
func (t *tiled) tileHolds(tile tlog.Tile, root tlog.Hash) error {
	if tile.W < 1<<height {
		return rootIs(t.size, root, t)
	}
	halves, err := t.ReadHashes([]int64{tlog.StoredHashIndex(height*(tile.L+1)-1, 2*tile.N), tlog.StoredHashIndex(height*(tile.L+1)-1, 2*tile.N+1)})
	if err != nil {
		return err
	}
	above, err := t.hash(tlog.StoredHashIndex(height*(tile.L+1), tile.N))
	if err == nil && tlog.NodeHash(halves[0], halves[1]) != above {
		err = errors.New("it is not what the tile above says")
	}
	return err
}

// tiles: each one is as computed from the entries, and together they make up the signed root; one changed bit is found out.
func (r *record) tiles() {
	t := &tiled{size: r.tree.N, tiles: map[string][]byte{}}
	var all []tlog.Tile
	for level := 0; r.tree.N>>(height*level) > 0; level++ {
		all = append(all, tilesOf(level, r.tree.N)...)
	}
	for _, tile := range all {
		name := tilePath(tile)
		got, err := r.file(name)
		check(name, err)
		want, err := tlog.ReadTileData(tile, r)
		if err == nil && !bytes.Equal(got, want) {
			err = errors.New("its hashes are not those of the entries")
		}
		check(name, err)
		t.tiles[name] = got
	}
	if failed > 0 {
		return
	}
	check("the root from the tiles", rootIs(r.tree.N, r.tree.Hash, t))
	for i, tile := range all {
		name := tilePath(tile)
		bit := (i * 12347) % (8 * len(t.tiles[name]))
		check(name, t.tileHolds(tile, r.tree.Hash))
		t.tiles[name][bit/8] ^= 1 << (bit % 8)
		refused(fmt.Sprintf("%s with bit %d changed", name, bit), t.tileHolds(tile, r.tree.Hash))
		t.tiles[name][bit/8] ^= 1 << (bit % 8)
	}
}

func (r *record) proofs(name string, known note.Verifiers) {
	text, err := r.file(name)
	must(err)
	index, extra, proof, checkpoint, err := proofFile(string(text))
	check(name, err)
	if err != nil {
		return
	}
	_, tree, err := openCheckpoint([]byte(checkpoint), known)
	check(name, err)
	hash := r.stored[tlog.StoredHashIndex(0, index)]
	if extra != nil {
		hash = tlog.RecordHash(extra)
	}
	check(name, tlog.CheckRecord(proof, tree.N, tree.Hash, index, hash))
	for i := range proof {
		proof[i][i%32] ^= 1 << (i % 8)
		refused(fmt.Sprintf("%s with a bit of hash %d changed", name, i), tlog.CheckRecord(proof, tree.N, tree.Hash, index, hash))
		proof[i][i%32] ^= 1 << (i % 8)
	}
	hash[index%32] ^= 1
	refused(name+" of another entry", tlog.CheckRecord(proof, tree.N, tree.Hash, index, hash))
}

func (r *record) growth(name string, known note.Verifiers) {
	text, err := r.file(name)
	must(err)
	old, proof, checkpoint, err := request(string(text))
	check(name, err)
	if err != nil {
		return
	}
	_, tree, err := openCheckpoint([]byte(checkpoint), known)
	check(name, err)
	if old == 0 { // nothing to be proved, and tlog does not take it
		if len(proof) != 0 {
			check(name, errors.New("a proof from nothing"))
		}
		return
	}
	root, err := tlog.TreeHash(old, r)
	check(name, err)
	check(name, tlog.CheckTree(proof, tree.N, tree.Hash, old, root))
	for i := range proof {
		proof[i][i%32] ^= 1 << (i % 8)
		refused(fmt.Sprintf("%s with a bit of hash %d changed", name, i), tlog.CheckTree(proof, tree.N, tree.Hash, old, root))
		proof[i][i%32] ^= 1 << (i % 8)
	}
	root[old%32] ^= 1
	refused(name+" from another root", tlog.CheckTree(proof, tree.N, tree.Hash, old, root))
}

// older: the tree of an earlier checkpoint is the beginning of this one.
func (r *record) older(name string, known note.Verifiers) {
	text, err := os.ReadFile(name)
	must(err)
	_, old, err := openCheckpoint(text, known)
	check(name, err)
	if err != nil || old.N == 0 {
		return
	}
	check(name, rootIs(old.N, old.Hash, r))
	proof, err := tlog.ProveTree(r.tree.N, old.N, r)
	check(name, err)
	check(name, tlog.CheckTree(proof, r.tree.N, r.tree.Hash, old.N, old.Hash))
	old.Hash[0] ^= 1
	refused(name+" with a bit changed", tlog.CheckTree(proof, r.tree.N, r.tree.Hash, old.N, old.Hash))
}

func (r *record) each(pattern string, known note.Verifiers, f func(string, note.Verifiers)) {
	names, err := filepath.Glob(filepath.Join(r.folder, pattern))
	must(err)
	for _, name := range names {
		relative, err := filepath.Rel(r.folder, name)
		must(err)
		f(relative, known)
	}
}

func checkRecord(folder, vkey string, older []string) {
	verifier, err := note.NewVerifier(vkey)
	must(err)
	known := note.VerifierList(verifier)
	r := &record{folder: folder}
	text, err := r.file("checkpoint")
	must(err)
	origin, tree, err := openCheckpoint(text, known)
	check("checkpoint", err)
	must(err)
	if origin != verifier.Name() {
		check("checkpoint", fmt.Errorf("its origin is %q", origin))
	}
	end := bytes.Index(text, []byte("\n\n"))
	for i := 0; i < end; i++ {
		text[i] ^= 1
		_, err := note.Open(text, known)
		refused(fmt.Sprintf("checkpoint with a bit of byte %d changed", i), err)
		text[i] ^= 1
	}
	keys, err := r.file("keys")
	check("keys", err)
	for _, line := range strings.Split(strings.TrimSuffix(string(keys), "\n"), "\n") {
		_, err := note.NewVerifier(line)
		check("keys", err)
	}
	r.tree = tree
	err = r.bundles()
	check("entries", err)
	must(err)
	check("the root from the entries", rootIs(tree.N, tree.Hash, r))
	r.tiles()
	r.each("leaves/*.tlog-proof", known, r.proofs)
	r.each("grown/*.request", known, r.growth)
	for _, name := range older {
		r.older(name, known)
	}
	fmt.Printf("%s, %d leaves: %d passed, %d failed\n", origin, tree.N, passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

// ---- keys and notes ----

func checkKeys(skey, vkey string) {
	signer, err := note.NewSigner(skey)
	must(err)
	verifier, err := note.NewVerifier(vkey)
	must(err)
	signature, err := signer.Sign([]byte("text\n"))
	must(err)
	if signer.Name() != verifier.Name() || signer.KeyHash() != verifier.KeyHash() || !verifier.Verify([]byte("text\n"), signature) {
		must(errors.New("the keys do not belong to each other"))
	}
}

func sign(signer note.Signer) {
	text, err := io.ReadAll(os.Stdin)
	must(err)
	signed, err := note.Sign(&note.Note{Text: string(text)}, signer)
	must(err)
	os.Stdout.Write(signed)
}

func main() {
	args := append(os.Args[1:], "", "", "")
	switch {
	case args[0] == "record":
		checkRecord(args[1], args[2], os.Args[4:])
	case args[0] == "cosigned":
		text, err := os.ReadFile(filepath.Join(args[1], "checkpoint"))
		must(err)
		witness, err := newCosignerVerifier(args[2])
		must(err)
		_, err = note.Open(text, note.VerifierList(witness))
		must(err)
		fmt.Println(witness.time)
	case args[0] == "keys":
		checkKeys(args[1], args[2])
	case args[0] == "generate":
		skey, vkey, err := note.GenerateKey(rand.Reader, args[1])
		must(err)
		fmt.Println(skey)
		fmt.Println(vkey)
	case args[0] == "sign":
		signer, err := note.NewSigner(args[1])
		must(err)
		sign(signer)
	case args[0] == "cosign":
		time, err := strconv.ParseUint(args[2], 10, 63)
		must(err)
		signer, err := newCosigner(args[1], time)
		must(err)
		sign(signer)
	case args[0] == "open":
		verifier, err := note.NewVerifier(args[1])
		must(err)
		text, err := io.ReadAll(os.Stdin)
		must(err)
		n, err := note.Open(text, note.VerifierList(verifier))
		must(err)
		os.Stdout.WriteString(n.Text)
	default:
		must(errors.New("no such command"))
	}
}
