// Package layers holds the tests of how the packages may depend on each other,
// and of what a program links that only wants to write dumps.
package layers

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/gopostmortem/postmortem"

// layers says what each package may import of this module: itself, what is
// below it, and the packages listed. A name stands for the packages below it too.
var layers = []struct {
	name string
	may  []string
}{
	// Leaves.
	{"mock", nil},
	{"source", nil},
	{"internal/hold", nil},
	{"internal/wire", nil},
	{"internal/stdio", nil},
	{"internal/place", []string{"internal/stdio"}},
	{"internal/rule", nil},
	{"internal/pace", nil},

	// Records, and what makes them.
	{"internal/model", []string{"internal/wire", "mock"}},
	{"internal/process", []string{"internal/model"}},
	{"capture", []string{"internal/model", "internal/rule", "internal/wire", "internal/hold", "internal/pace", "internal/stdio", "source", "mock"}},
	{"dump/testdata", []string{"dump"}},
	{"dump", []string{"capture", "internal/model", "internal/rule", "internal/wire", "internal/pace", "internal/place", "internal/process", "source", "mock"}},

	// Readers, which know dumps through package dump alone.
	{"restore", []string{"dump", "internal/rule", "mock", "source"}},
	{"internal/cli/shop", []string{"dump"}},
	{"internal/export", []string{"restore", "dump"}},
	{"internal/cli", []string{"internal/export", "restore", "dump", "internal/model", "source", "mock"}},
	{"cmd/postmortem", []string{"internal/cli"}},

	// For tests.
	{"internal/layers", nil},
	{"internal/oracle", nil},
	{"internal/accept", nil},
	{"internal/hostile", nil},
	{"internal/behaviour", nil},
	{"internal/settle", nil},
	{"internal/sample", []string{"internal/model", "internal/wire", "mock"}},
	{"testdata", []string{"dump", "source", "internal/hold", "internal/settle"}},
}

// listed is what the go command says of a package.
type listed struct {
	ImportPath, Dir string
	Imports         []string
}

// list runs go list.
func list(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Imports"}, args...)...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		t.Fatalf("go list %q lists nothing", args)
	}
	return all
}

// below reports whether pkg is name or a package below it.
func below(pkg, name string) bool { return pkg == name || strings.HasPrefix(pkg, name+"/") }

// Imports go one way.
func TestImportDirection(t *testing.T) {
	for _, p := range list(t, "./...") {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		i := slices.IndexFunc(layers, func(l struct {
			name string
			may  []string
		}) bool {
			return below(name, l.name)
		})
		if i < 0 {
			t.Errorf("%s has no place among the layers", name)
			continue
		}
		for _, imp := range p.Imports {
			imported, ours := strings.CutPrefix(imp, module+"/")
			if !ours || below(imported, layers[i].name) {
				continue
			}
			if !slices.ContainsFunc(layers[i].may, func(m string) bool { return below(imported, m) }) {
				t.Errorf("%s imports %s, which %s may not", name, imported, layers[i].name)
			}
		}
	}
}

// A program that writes dumps links none of these.
func TestNotLinkedByServices(t *testing.T) {
	forbidden := []string{
		"github.com/go-delve/delve/pkg/proc", "github.com/go-delve/delve/service", "github.com/go-delve/delve/pkg/terminal",
		"github.com/cilium/ebpf", "github.com/peterh/liner", "github.com/spf13", "github.com/google/go-dap",
		"net", "debug/dwarf", "text/template", "html/template", "encoding/json", "encoding/gob", "regexp", "go", "testing", "flag", "expvar",
	}
	for _, root := range []string{"./dump", "./source"} {
		deps := list(t, "-deps", root)
		for _, p := range deps {
			for _, f := range forbidden {
				if below(p.ImportPath, f) && !strings.HasPrefix(p.ImportPath, module) {
					t.Errorf("%s depends on %s", root, p.ImportPath)
				}
			}
		}
	}
}

// A service grows by at most 3 MB when it captures. A program that has not even
// the standard library's networking in it grows by more: what it shares with a
// service comes on top. The names of source files are in the programs: with
// -trimpath they are as long as those of a module that is downloaded, wherever
// this one lies.
func TestGrowth(t *testing.T) {
	const limit = 3_000_000
	size := func(name string) int64 {
		exe := filepath.Join(t.TempDir(), name)
		cmd := exec.Command("go", "build", "-trimpath", "-o", exe, "./dump/testdata/"+name)
		cmd.Dir = filepath.Join("..", "..")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
		info, err := os.Stat(exe)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	hello, helloDump := size("hello"), size("hellodump")
	web, webDump := size("web"), size("webdump")
	t.Logf("a service of %d bytes grows by %d, a program of %d bytes by %d", web, webDump-web, hello, helloDump-hello)
	if webDump-web > limit {
		t.Errorf("a service grows by %d bytes when it captures, beyond %d", webDump-web, limit)
	}
}
