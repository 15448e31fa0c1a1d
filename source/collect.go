package source

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"strings"
)

// Files answers each path, in their order, a path given twice only once. One
// text is held at a time. When ctx ends, the remaining files are absent; a file
// system that hangs holds nobody up beyond that.
func (c *Collector) Files(ctx context.Context, paths []string) iter.Seq[File] {
	return func(yield func(File) bool) {
		k := &collection{c: c, finder: newFinder(c), texts: map[[sha256.Size]byte]bool{}, left: orDefault(c.MaxTotal, DefaultMaxTotal)}
		asked := make(map[string]bool, len(paths))
		for _, p := range paths {
			if p == "" || asked[p] {
				continue
			}
			asked[p] = true
			if !yield(k.file(ctx, p)) {
				return
			}
		}
	}
}

// collection is one run of Files.
type collection struct {
	c      *Collector
	finder *finder
	texts  map[[sha256.Size]byte]bool // texts given out
	left   int64                      // bytes of text that may still be given out
}

// file answers one path. The search runs aside, so that it can be given up.
func (k *collection) file(ctx context.Context, name string) File {
	switch {
	case k.c.Off:
		return File{Path: name, State: Disabled, Reason: "source is switched off"}
	case madeByCompiler(name):
		return File{Path: name, Reason: "made by the compiler"}
	case !isSource(name):
		return File{Path: name, Reason: "not the name of a source file"}
	case ctx.Err() != nil:
		return File{Path: name, Reason: "no time left"}
	}
	found := make(chan File, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil { // a registered file system is the program's code
				found <- File{Path: name, Reason: fmt.Sprintf("reading it panicked: %T", r)}
			}
		}()
		found <- k.search(name)
	}()
	select {
	case f := <-found:
		return k.account(f)
	case <-ctx.Done():
		return File{Path: name, Reason: "no time left"}
	}
}

// search tries the places of a file one after the other.
func (k *collection) search(name string) File {
	max := orDefault(k.c.MaxFile, DefaultMaxFile)
	var reasons []string
	for _, p := range k.finder.places(name) {
		text, changed, err := p.read(max)
		if err != nil {
			if why := reason(p, err); why != "" {
				reasons = append(reasons, why)
			}
			continue
		}
		f := File{Path: name, Found: p.found(), State: Embedded, Size: int64(len(text)), Text: text}
		if p.fsys == nil && !p.frozen && !k.c.Built.IsZero() && changed.After(k.c.Built) {
			f.State, f.Reason = Stale, "changed after the program was built"
		}
		f.Hash = sha256.Sum256(text)
		return f
	}
	if len(reasons) == 0 {
		reasons = []string{"not found"}
	}
	return File{Path: name, Reason: strings.Join(reasons, "; ")}
}

// account keeps each text once, and the sum within its limit.
func (k *collection) account(f File) File {
	if !f.HasText() {
		return f
	}
	if k.texts[f.Hash] {
		f.Text = nil
		return f
	}
	if f.Size > k.left {
		return File{Path: f.Path, Found: f.Found, Size: f.Size, Reason: "beyond the limit for all files"}
	}
	k.left -= f.Size
	k.texts[f.Hash] = true
	return f
}

// madeByCompiler reports whether there never was such a file.
func madeByCompiler(name string) bool {
	return strings.HasPrefix(name, "<") || strings.HasSuffix(name, "_cgo_gotypes.go") ||
		strings.HasSuffix(name, ".cgo1.go") || strings.HasPrefix(name, "_testmain.go")
}

func orDefault(n, def int64) int64 {
	if n > 0 {
		return n
	}
	return def
}
