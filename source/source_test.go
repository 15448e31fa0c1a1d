package source

import (
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

//go:embed source.go
var own embed.FS

// write makes a file below dir and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// one collects a single path.
func one(t *testing.T, c *Collector, name string) File {
	t.Helper()
	var files []File
	for f := range c.Files(context.Background(), []string{name}) {
		files = append(files, f)
	}
	if len(files) != 1 || files[0].Path != name {
		t.Fatalf("Files(%q) = %+v, want one answer for it", name, files)
	}
	return files[0]
}

// clearRegistry gives the test a registry of its own.
func clearRegistry(t *testing.T) {
	swap := func(list []registered) []registered {
		registry.Lock() // a search that was given up may still look
		defer registry.Unlock()
		list, registry.list = registry.list, list
		return list
	}
	saved := swap(nil)
	t.Cleanup(func() { swap(saved) })
}

// B2.14: paths as plain and -trimpath builds record them are found where the
// go command keeps those files.
func TestPlaces(t *testing.T) {
	clearRegistry(t)
	root := t.TempDir()
	t.Chdir(root)
	plain := write(t, root, "elsewhere/plain.go", "plain")
	write(t, root, "shop/go.mod", "// a comment\nmodule example.com/shop // the shop\n")
	write(t, root, "shop/cart/cart.go", "main module")
	write(t, root, "shop/vendor/example.org/v/v.go", "vendored")
	write(t, root, "lib/lib.go", "replaced by a directory")
	write(t, root, "mod/github.com/!burnt!sushi/toml@v1.2.3-!r!c1/decode.go", "escaped")
	write(t, root, "mod/example.org/fork@v0.9.0/x/x.go", "replaced by a module")
	write(t, root, "go/VERSION", "go1.26.8\ntime 2026-01-01\n")
	write(t, root, "go/src/fmt/print.go", "standard library")
	c := &Collector{
		Main: "example.com/shop", MainDir: filepath.Join(root, "shop"),
		ModCache: filepath.Join(root, "mod"), GOROOT: filepath.Join(root, "go"), GoVersion: "go1.26.8",
		BuildRoot: "/builder/go",
		Modules: []Module{
			{Path: "example.org/lib", Version: "v1.0.0", Replace: "../lib"},
			{Path: "example.org/x", Version: "v1.0.0", Replace: "example.org/fork", ReplaceVersion: "v0.9.0"},
		},
	}
	tests := []struct{ name, path, want string }{
		{"absolute", filepath.ToSlash(plain), "plain"},
		{"trimmed main module", "example.com/shop/cart/cart.go", "main module"},
		{"trimmed dependency", "github.com/BurntSushi/toml@v1.2.3-RC1/decode.go", "escaped"},
		{"cache of another machine", "/builder/pkg/mod/github.com/!burnt!sushi/toml@v1.2.3-!r!c1/decode.go", "escaped"},
		{"vendored dependency", "example.org/v@v0.1.0/v.go", "vendored"},
		{"dependency replaced by a directory", "example.org/lib@v1.0.0/lib.go", "replaced by a directory"},
		{"dependency replaced by a module", "example.org/x@v1.0.0/x/x.go", "replaced by a module"},
		{"trimmed standard library", "fmt/print.go", "standard library"},
		{"standard library of another machine", "/builder/go/src/fmt/print.go", "standard library"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := one(t, c, tt.path)
			if string(f.Text) != tt.want || f.State != Embedded {
				t.Fatalf("text %q, state %v (%s), want %q, embedded", f.Text, f.State, f.Reason, tt.want)
			}
			if f.Hash != sha256.Sum256([]byte(tt.want)) || f.Size != int64(len(tt.want)) {
				t.Errorf("hash %x, size %d do not belong to the text", f.Hash, f.Size)
			}
		})
	}
}

// A file that merely has the right name somewhere else is not the one compiled.
func TestNeverTheWrongFile(t *testing.T) {
	clearRegistry(t)
	root := t.TempDir()
	t.Chdir(root)
	write(t, root, "go/VERSION", "go1.24.0\n")
	write(t, root, "go/src/sort/sort.go", "another version")
	write(t, root, "other/go.mod", "module example.com/other\n")
	write(t, root, "other/main.go", "another module")
	write(t, root, "main.go", "not it")
	c := &Collector{Main: "example.com/shop", GOROOT: filepath.Join(root, "go"), ModCache: filepath.Join(root, "mod"), GoVersion: "go1.99.8"}
	for _, p := range []string{
		"sort/sort.go",                  // of a toolchain that is not here
		"/gone/src/sort/sort.go",        // the program's own package sort
		"example.com/shop/main.go",      // main module not here
		"github.com/a/b@v1.0.0/main.go", // not in the cache
		"github.com/a/b@v1.0.0/../../../../main.go",
		"../main.go",
	} {
		if f := one(t, c, p); f.HasText() || f.Reason == "" {
			t.Errorf("%s: %v, text %q, reason %q, want absent with a reason", p, f.State, f.Text, f.Reason)
		}
	}
}

func TestStaleAndFresh(t *testing.T) {
	clearRegistry(t)
	file := write(t, t.TempDir(), "a.go", "package a")
	built := time.Now()
	if err := os.Chtimes(file, built, built.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if f := one(t, &Collector{Built: built}, file); f.State != Stale || string(f.Text) != "package a" || f.Reason == "" {
		t.Errorf("newer than the executable: %v %q %q, want stale with text and reason", f.State, f.Text, f.Reason)
	}
	if err := os.Chtimes(file, built, built.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if f := one(t, &Collector{Built: built}, file); f.State != Embedded {
		t.Errorf("older than the executable: %v, want embedded", f.State)
	}
}

// A program carries its own source: nothing on disk is needed.
func TestRegister(t *testing.T) {
	clearRegistry(t)
	if err := Register(own); err != nil {
		t.Fatal(err)
	}
	_, self, _, _ := runtime.Caller(0)
	f := one(t, &Collector{}, strings.TrimSuffix(self, "source_test.go")+"source.go")
	if f.Found != "registered: source.go" || !strings.Contains(string(f.Text), "package source") {
		t.Errorf("found %q with %d bytes, want the registered file", f.Found, len(f.Text))
	}

	inner := fstest.MapFS{"b.go": {Data: []byte("inner")}}
	outer := fstest.MapFS{"a/b.go": {Data: []byte("outer")}, "a/c.go": {Data: []byte("outer c")}}
	for prefix, fsys := range map[string]fs.FS{"example.com/m/a": inner, "example.com/m/": outer} {
		if err := RegisterAt(prefix, fsys); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{"example.com/m/a/b.go": "inner", "example.com/m/a/c.go": "outer c", "example.com/m/a/d.go": ""} {
		if f := one(t, &Collector{}, path); string(f.Text) != want {
			t.Errorf("%s: text %q, want %q", path, f.Text, want)
		}
	}
	if Register(nil) == nil || RegisterAt("x", nil) == nil {
		t.Error("a nil file system was registered")
	}
}

func TestLimits(t *testing.T) {
	clearRegistry(t)
	dir := t.TempDir()
	a := write(t, dir, "a.go", strings.Repeat("a", 60))
	b := write(t, dir, "b.go", strings.Repeat("a", 60))
	c := write(t, dir, "c.go", strings.Repeat("c", 60))
	d := write(t, dir, "d.go", strings.Repeat("d", 30))
	big := write(t, dir, "big.go", strings.Repeat("x", 61))
	var got []string
	for f := range (&Collector{MaxFile: 60, MaxTotal: 100}).Files(context.Background(), []string{a, a, b, c, d, big, ""}) {
		got = append(got, filepath.Base(f.Path)+" "+f.State.String()+" "+f.Reason)
		if f.Path == b && (f.Text != nil || !f.HasText()) {
			t.Error("a second file with the same content carries its text again")
		}
	}
	want := []string{"a.go embedded ", "b.go embedded ", "c.go absent beyond the limit for all files", "d.go embedded ",
		"big.go absent " + big + ": larger than the limit for one file"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// B2.14: switched off, no byte is read.
func TestOff(t *testing.T) {
	clearRegistry(t)
	if err := RegisterAt("example.com/m", refusing{t}); err != nil {
		t.Fatal(err)
	}
	f := one(t, &Collector{Off: true}, "example.com/m/a.go")
	if f.State != Disabled || f.Text != nil || f.Hash != [sha256.Size]byte{} || f.Size != 0 {
		t.Errorf("got %+v, want a disabled file without any trace of its text", f)
	}
}

// refusing fails the test when a file is opened.
type refusing struct{ t *testing.T }

func (r refusing) Open(name string) (fs.File, error) {
	r.t.Errorf("%s was opened", name)
	return nil, fs.ErrNotExist
}

func TestNotSource(t *testing.T) {
	clearRegistry(t)
	dir := t.TempDir()
	secret := write(t, dir, "secret.pem", "key")
	if err := os.Mkdir(filepath.Join(dir, "dir.go"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{secret, filepath.Join(dir, "dir.go"), "<autogenerated>", "_cgo_gotypes.go", "/etc/passwd", "??", "/dev/zero"} {
		if f := one(t, &Collector{}, p); f.HasText() || f.Reason == "" {
			t.Errorf("%s: %v %q, want absent with a reason", p, f.State, f.Reason)
		}
	}
}

// A registered file system that hangs or panics costs that file only.
func TestBadFileSystem(t *testing.T) {
	clearRegistry(t)
	release := make(chan struct{})
	defer close(release)
	ctx, timeUp := context.WithCancel(context.Background())
	defer timeUp()
	for prefix, open := range map[string]func() error{
		"m/panics": func() error { panic("no") },
		"m/hangs":  func() error { timeUp(); <-release; return errors.New("too late") },
	} {
		if err := RegisterAt(prefix, opener(open)); err != nil {
			t.Fatal(err)
		}
	}
	file := write(t, t.TempDir(), "a.go", "fine")
	var reasons []string
	for f := range (&Collector{}).Files(ctx, []string{"m/panics/a.go", file, "m/hangs/a.go", "m/hangs/b.go"}) {
		reasons = append(reasons, f.State.String()+" "+f.Reason)
	}
	want := []string{"absent reading it panicked: string", "embedded ", "absent no time left", "absent no time left"}
	if strings.Join(reasons, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", reasons, want)
	}
}

type opener func() error

func (o opener) Open(string) (fs.File, error) { return nil, o() }
