//go:build linux && amd64

package accept

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
)

// tool runs a tool of the C world that CI has to have.
func tool(t *testing.T, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("%s is not there", name)
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// split moves the program's debug information into a directory of its own,
// which the environment names.
func split(t *testing.T, dir string, cmd *exec.Cmd) {
	t.Helper()
	store := t.TempDir()
	debug := filepath.Join(store, "states.debug")
	tool(t, "objcopy", "--only-keep-debug", cmd.Path, debug)
	tool(t, "objcopy", "--strip-all", "--add-gnu-debuglink="+debug, cmd.Path)
	cmd.Env = append(cmd.Env, dump.EnvDebugDir+"="+store)
}

// hosted runs the plugin in a program that has nothing but it.
func hosted(t *testing.T, dir string, cmd *exec.Cmd) {
	t.Helper()
	cmd.Path = filepath.Join(buildAll(t, mode{Name: "m-host"}, statesDir, "host"), "host")
	cmd.Args = append(cmd.Args, only(t, dir, "plug*"))
}

// cMain is the program in C that calls the one in Go.
const cMain = module + "/" + statesDir + "/archive/c/main.c"

// archived links the archive into a C program.
func archived(t *testing.T, dir string, cmd *exec.Cmd) {
	t.Helper()
	cmd.Path = filepath.Join(t.TempDir(), "states")
	archive := filepath.Join(t.TempDir(), "states.a")
	if err := os.Link(only(t, dir, "archive*"), archive); err != nil {
		t.Fatal(err)
	}
	tool(t, "cc", "-o", cmd.Path, cMain, archive, "-lpthread")
}

// shared lets a C program load the library.
func shared(t *testing.T, dir string, cmd *exec.Cmd) {
	t.Helper()
	libs := t.TempDir()
	if err := os.Link(only(t, dir, "*archive*"), filepath.Join(libs, "libstates.so")); err != nil {
		t.Fatal(err)
	}
	cmd.Path = filepath.Join(libs, "states")
	tool(t, "cc", "-o", cmd.Path, cMain, "-L"+libs, "-lstates", "-Wl,-rpath,"+libs)
}

// only gives the one file in a directory, headers aside, that has such a name.
func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	var found []string
	all, err := filepath.Glob(filepath.Join(dir, pattern))
	for _, f := range all {
		if filepath.Ext(f) != ".h" {
			found = append(found, f)
		}
	}
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	return found[0]
}
