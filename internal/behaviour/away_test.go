//go:build linux && amd64

package behaviour

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// away is a module of its own on disk: what is deleted once it has crashed.
type away struct {
	root  string // everything below
	main  string // the main module
	cache string // the module cache
	exe   string
}

// newAway unpacks and builds the program. Its dependency comes from a module
// proxy of files, all others from the module cache of this machine.
func newAway(t *testing.T, flags ...string) away {
	t.Helper()
	a := away{root: t.TempDir()}
	a.main, a.cache, a.exe = filepath.Join(a.root, "main"), filepath.Join(a.root, "cache"), filepath.Join(a.root, "bin", "away")
	archive, err := txtar.ParseFile(filepath.Join(programs, "away.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var dep bytes.Buffer
	z := zip.NewWriter(&dep)
	proxy := filepath.Join(a.root, "proxy", "example.com", "dep", "@v")
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "dep/"); ok {
			w, err := z.Create("example.com/dep@v1.0.0/" + name)
			if err == nil {
				_, err = w.Write(f.Data)
			}
			if err != nil {
				t.Fatal(err)
			}
			if name == "go.mod" {
				write(t, filepath.Join(proxy, "v1.0.0.mod"), f.Data)
			}
			continue
		}
		write(t, filepath.Join(a.root, f.Name), f.Data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(proxy, "v1.0.0.zip"), dep.Bytes())
	write(t, filepath.Join(proxy, "v1.0.0.info"), []byte(`{"Version":"v1.0.0"}`))
	a.module(t)
	m := mode{flags: append([]string{"-mod=mod", "-modcacherw"}, flags...)}
	if err := goBuild(a.main, m, a.exe, ".", a.environment(t)...); err != nil {
		t.Fatal(err)
	}
	return a
}

// module writes the main module's go.mod and go.sum.
func (a away) module(t *testing.T) {
	t.Helper()
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(a.main, "go.mod"), fmt.Appendf(nil, `module example.com/away

go 1.25.0

require (
	example.com/dep v1.0.0
	github.com/gopostmortem/postmortem v0.0.0
)

replace github.com/gopostmortem/postmortem => %s
`, checkout))
	sum, err := os.ReadFile(filepath.Join(checkout, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(a.main, "go.sum"), sum)
}

func (a away) environment(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("go", "env", "GOMODCACHE")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	known := filepath.Join(strings.TrimSpace(string(out)), "cache", "download")
	return []string{
		"GOPROXY=file://" + filepath.Join(a.root, "proxy") + ",file://" + known,
		"GOMODCACHE=" + a.cache, "GOSUMDB=off", "GOFLAGS=", "GOWORK=off",
	}
}

// crash runs the program as its developer would, from its module.
func (a away) crash(t *testing.T) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "away.dump")
	cmd := exec.Command(a.exe, "-o", file)
	cmd.Dir = a.main
	cmd.Env = append(os.Environ(), "GOMODCACHE="+a.cache)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// elsewhere runs the command where there is nothing but itself and the dump:
// in an empty directory, with an empty environment and, where the test may do
// that, in an empty file system.
func elsewhere(t *testing.T, file string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	once := filepath.Join(built.dir, "static", "postmortem")
	if _, err := os.Stat(once); err != nil {
		if err := goBuild("../..", mode{}, once, "./cmd/postmortem", "CGO_ENABLED=0"); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{once: "postmortem", file: "away.dump"} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(filepath.Join(dir, "postmortem"), append(args, "away.dump")...)
	cmd.Dir, cmd.Env = dir, []string{}
	if os.Geteuid() == 0 {
		cmd.Path, cmd.Dir = "/postmortem", "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: dir}
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, errs.Bytes())
	}
	return out.String()
}

// B2.1, B2.2: once binary, sources and module cache are gone, a dump still
// shows stacks, locals, dynamic types with their fields, and source, where
// there is nothing but the command.
func TestMovedAway(t *testing.T) {
	for name, flags := range map[string][]string{"plain": nil, "trimpath": {"-trimpath"}} {
		t.Run(name, func(t *testing.T) {
			a := newAway(t, flags...)
			file := a.crash(t)
			if err := os.RemoveAll(a.root); err != nil {
				t.Fatal(err)
			}
			for _, tt := range []struct {
				args  []string
				wants []string
			}{
				{[]string{"open"}, []string{"panic: runtime error: index out of range [4] with length 4", "main.check at ", "=>  42:\t\tif s.List[n+1].Price > 0 {"}},
				{[]string{"open", "-c", "bt"}, []string{"in main.check\n", "in main.handle\n", "in example.com/dep.Run\n", "in main.main\n", "/main.go:32\n", "/dep.go:18\n"}},
				{[]string{"open", "-c", "up locals -v"}, []string{
					`items = *example.com/away/store.Store {Name: "primary", List: []example.com/away/store.Item len: 4, cap: 4, [`,
					`Tags: map[string]*example.com/away/store.Item ["first": `,
				}},
				{[]string{"open", "-c", "up print items.List"}, []string{`[]example.com/away/store.Item len: 4, cap: 4, [{ID: 0, Price: 0},{ID: 1, Price: 0.5},{ID: 2, Price: 1},{ID: 3, Price: 1.5}]`}},
				{[]string{"open", "-c", "up whatis kept", "-c", "up print kept.(data).Value.ID"}, []string{"interface {}\nConcrete type: example.com/dep.Box[example.com/away/store.Item]\n1\n"}},
				{[]string{"open", "-c", "up 2 print own"}, []string{`*example.com/dep.Config {Name: "primary", Retries: 3}`}},
				{[]string{"open", "-c", `up print items.Tags["first"].ID`, "-c", "up whatis items"}, []string{"0\n", "*example.com/away/store.Store\n"}},
				{[]string{"open", "-c", "up 2 list"}, []string{"// Run calls f.", "=>  18:\t\tif err := f(own); err != nil { // IN DEP"}},
				{[]string{"open", "-c", "list main.main"}, []string{"defer func() {"}},
				{[]string{"open", "-c", "sources"}, []string{"main.go\n", "dep.go\n"}},
				{[]string{"info"}, []string{"index out of range", "example.com/away"}},
				{[]string{"verify"}, []string{"ok"}},
			} {
				out := elsewhere(t, file, tt.args...)
				for _, want := range tt.wants {
					if !strings.Contains(out, want) {
						t.Errorf("%q lacks %q:\n%s", tt.args, want, out)
					}
				}
			}
		})
	}
}

// B2.14: source is what it was at the capture, whatever becomes of the file.
func TestSourceStaysWhatItWas(t *testing.T) {
	a := newAway(t)
	file := a.crash(t)
	path := filepath.Join(a.main, "main.go")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, bytes.ReplaceAll(text, []byte("THE LINE"), []byte("ANOTHER LINE")))
	if out := repl(t, file, "up list"); !strings.Contains(out, "// THE LINE\n") || strings.Contains(out, "ANOTHER LINE") {
		t.Errorf("list shows\n%s", out)
	}
	if got, err := open(t, file).Source(path); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%d bytes of source, %v; want the %d of the file as it was", len(got), err, len(text))
	}
	// A capture after the change says that the text is newer than the program.
	later := a.crash(t)
	if out := repl(t, later, "sources main.go"); !strings.HasSuffix(out, "main.go (newer than the executable)\n") {
		t.Errorf("after the change: %s", out)
	}
	if err := os.RemoveAll(a.main); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(a.main, 0o755); err != nil {
		t.Fatal(err)
	}
	gone := a.crash(t)
	same(t, "list without a source", repl(t, gone, "list main.handle:32"), fmt.Sprintf("Showing %s:32\nCouldn't locate %q during dump: not found.", path, path))
	if out := repl(t, gone, "up 2 list"); !strings.Contains(out, "// IN DEP\n") {
		t.Errorf("the source of another file: %s", out)
	}
}
