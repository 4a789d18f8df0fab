// Command reader reads a Custody log with golang.org/x/mod/sumdb, an implementation of transparency-log tiles and signed
// notes that is not Custody's. It opens the checkpoint with a pinned key, recomputes the root from every entry bundle and
// from the hash tiles, checks that every entry is included, and that the log extends each earlier size of which a partial
// tile is left. It prints the size and the root, or says what is wrong and exits 1.
//
//	reader STORE VKEY
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// height is fixed by C2SP tlog-tiles. The package writes it into its paths, C2SP does not.
const height = 8
const width = 1 << height

// allEntries is the size up to which each entry gets an inclusion proof of its own; above it a spread of them does.
const allEntries = 1000

type store struct{ folder string }

func (s store) Height() int                         { return height }
func (s store) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

// read gives a tile or entry bundle, from the full object where the partial one is gone.
func (s store) read(t tlog.Tile) ([]byte, bool, error) {
	data, err := os.ReadFile(filepath.Join(s.folder, key(t)))
	if err == nil || t.W == width {
		return data, t.W == width, err
	}
	full := t
	full.W = width
	data, fullErr := os.ReadFile(filepath.Join(s.folder, key(full)))
	if fullErr != nil {
		return nil, false, err
	}
	return data, true, nil
}

func (s store) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, t := range tiles {
		data, isFull, err := s.read(t)
		if err != nil {
			return nil, err
		}
		if isFull && t.W < width && len(data) == width*tlog.HashSize {
			data = data[:t.W*tlog.HashSize]
		}
		all[i] = data
	}
	return all, nil
}

// key spells a tile as C2SP does: tile/8/L/N becomes tile/L/N, tile/8/data/N becomes tile/entries/N.
func key(t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", height))
	if t.L < 0 {
		path = "entries/" + strings.TrimPrefix(path, "data/")
	}
	return "tile/" + path
}

func (s store) bundle(n int64, w int) ([][]byte, error) {
	data, isFull, err := s.read(tlog.Tile{H: height, L: -1, N: n, W: w})
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 {
			return nil, fmt.Errorf("bundle %d: a byte is left over", n)
		}
		length := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+length {
			return nil, fmt.Errorf("bundle %d: an entry is cut", n)
		}
		entries = append(entries, data[2:2+length])
		data = data[2+length:]
	}
	if isFull && len(entries) == width {
		return entries[:w], nil
	}
	if len(entries) != w {
		return nil, fmt.Errorf("bundle %d: %d entries, want %d", n, len(entries), w)
	}
	return entries, nil
}

func openCheckpoint(folder, vkey string) (tlog.Tree, error) {
	var tree tlog.Tree
	data, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return tree, err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tree, fmt.Errorf("checkpoint: want origin, size and root of %s", verifier.Name())
	}
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tree, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tree, fmt.Errorf("checkpoint: not a root: %s", lines[2])
	}
	copy(tree.Hash[:], root)
	return tree, nil
}

// hashesOf recomputes every stored hash of the tree from the entries.
func hashesOf(s store, size int64) ([]tlog.Hash, []tlog.Hash, error) {
	var stored, leaves []tlog.Hash
	reader := memory(&stored)
	for n := int64(0); n*width < size; n++ {
		w := width
		if size-n*width < width {
			w = int(size - n*width)
		}
		entries, err := s.bundle(n, w)
		if err != nil {
			return nil, nil, err
		}
		for i, entry := range entries {
			more, err := tlog.StoredHashes(n*width+int64(i), entry, reader)
			if err != nil {
				return nil, nil, err
			}
			leaves = append(leaves, more[0])
			stored = append(stored, more...)
		}
	}
	return stored, leaves, nil
}

func memory(stored *[]tlog.Hash) tlog.HashReaderFunc {
	return func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if index >= int64(len(*stored)) {
				return nil, fmt.Errorf("no hash %d", index)
			}
			out[i] = (*stored)[index]
		}
		return out, nil
	}
}

// earlierSizes are those of which the store still holds a partial level 0 tile.
func earlierSizes(folder string) ([]int64, error) {
	partial := regexp.MustCompile(`^tile/0/([x0-9/]+)\.p/(\d+)$`)
	var sizes []int64
	err := filepath.Walk(filepath.Join(folder, "tile", "0"), func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		if m := partial.FindStringSubmatch(filepath.ToSlash(name)); m != nil {
			n, _ := strconv.ParseInt(strings.NewReplacer("x", "", "/", "").Replace(m[1]), 10, 64)
			w, _ := strconv.ParseInt(m[2], 10, 64)
			sizes = append(sizes, n*width+w)
		}
		return nil
	})
	return sizes, err
}

func check(folder, vkey string) (tlog.Tree, error) {
	tree, err := openCheckpoint(folder, vkey)
	if err != nil {
		return tree, err
	}
	s := store{folder}
	stored, leaves, err := hashesOf(s, tree.N)
	if err != nil {
		return tree, err
	}
	fromEntries, err := tlog.TreeHash(tree.N, memory(&stored))
	if err != nil {
		return tree, err
	}
	if fromEntries != tree.Hash {
		return tree, fmt.Errorf("the entries give root %v, the checkpoint says %v", fromEntries, tree.Hash)
	}
	tiles := tlog.TileHashReader(tree, s)
	fromTiles, err := tlog.TreeHash(tree.N, tiles)
	if err != nil {
		return tree, fmt.Errorf("tiles: %v", err)
	}
	if fromTiles != tree.Hash {
		return tree, fmt.Errorf("the tiles give root %v", fromTiles)
	}
	// Every leaf as the tiles have it, authenticated up to the root, a tile at a time.
	for first := int64(0); first < tree.N; first += width {
		var indexes []int64
		for i := first; i < first+width && i < tree.N; i++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, i))
		}
		found, err := tiles.ReadHashes(indexes)
		if err != nil {
			return tree, fmt.Errorf("tiles: %v", err)
		}
		for i, hash := range found {
			if hash != leaves[first+int64(i)] {
				return tree, fmt.Errorf("entry %d is not the leaf in the tiles", first+int64(i))
			}
		}
	}
	step := tree.N/allEntries + 1
	for i := int64(0); i < tree.N; i += step {
		proof, err := tlog.ProveRecord(tree.N, i, tiles)
		if err != nil {
			return tree, fmt.Errorf("inclusion of %d: %v", i, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, i, leaves[i]); err != nil {
			return tree, fmt.Errorf("inclusion of %d: %v", i, err)
		}
	}
	sizes, err := earlierSizes(folder)
	if err != nil {
		return tree, err
	}
	for _, size := range sizes {
		if size > tree.N {
			return tree, fmt.Errorf("a tile of size %d, past the end", size)
		}
		old, err := tlog.TreeHash(size, memory(&stored))
		if err != nil {
			return tree, err
		}
		earlier := tlog.Tree{N: size, Hash: old}
		if again, err := tlog.TreeHash(size, tlog.TileHashReader(earlier, s)); err != nil || again != old {
			return tree, fmt.Errorf("the tiles of size %d: %v", size, err)
		}
		proof, err := tlog.ProveTree(tree.N, size, tiles)
		if err != nil {
			return tree, fmt.Errorf("consistency with %d: %v", size, err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, size, old); err != nil {
			return tree, fmt.Errorf("consistency with %d: %v", size, err)
		}
	}
	fmt.Printf("consistent with %d earlier sizes\n", len(sizes))
	return tree, nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: reader STORE VKEY")
		os.Exit(2)
	}
	tree, err := check(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("size %d\nroot %v\n", tree.N, tree.Hash)
}
