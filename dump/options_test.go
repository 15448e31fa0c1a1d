package dump_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

// B2.4: an option that cannot work is an error when it is given, and nothing is
// captured; it never panics.
func TestBadOptions(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		opt  dump.Option
	}{
		{"nil", nil},
		{"Depth(-2)", dump.Depth(-2)},
		{"MaxBytes(0)", dump.MaxBytes(0)},
		{"MaxObjects(-1)", dump.MaxObjects(-1)},
		{"MaxElements(0)", dump.MaxElements(0)},
		{"MaxString(0)", dump.MaxString(0)},
		{"MaxGoroutines(0)", dump.MaxGoroutines(0)},
		{"MaxFrames(1)", dump.MaxFrames(1)},
		{"Keep(0)", dump.Keep(0)},
		{"Keep(-2)", dump.Keep(-2)},
		{"KeepBytes(0)", dump.KeepBytes(0)},
		{"KeepBytes(-2)", dump.KeepBytes(-2)},
		{"Timeout(0s)", dump.Timeout(0)},
		{"Timeout(-1s)", dump.Timeout(-time.Second)},
		{"Timeout(24h0m1s): at most 24h0m0s", dump.Timeout(24*time.Hour + time.Second)},
		{"Timeout(2562047h47m16.854775807s): at most", dump.Timeout(math.MaxInt64)},
		{`Env("")`, dump.Env("")},
		{`Env("A=b")`, dump.Env("OK", "A=b")},
		{`Env("AWS_*")`, dump.Env("AWS_*")},
		{`Label(""`, dump.Label("", "x")},
		{`Dir("")`, dump.Dir("")},
		{`Dir("a\x00b")`, dump.Dir("a\x00b")},
		{"not a directory", dump.Dir(file)},
		{`File("")`, dump.File("")},
		{"the name of a directory", dump.File(dir + string(os.PathSeparator))},
		{"the file exists", dump.File(file)},
		{"there is no directory", dump.File(filepath.Join(dir, "none", "x.dump"))},
	}
	t.Setenv("POSTMORTEM_DIR", dir)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			path, err := dump.Capture(nil, tt.opt)
			_, snapErr := dump.Snapshot("x", tt.opt)
			for _, err := range []error{err, snapErr, dump.Write(&b, nil, tt.opt), dump.Configure(tt.opt)} {
				if err == nil || !strings.Contains(err.Error(), tt.name) || !strings.HasPrefix(err.Error(), "dump: option ") {
					t.Errorf("error %v, want one that names %s", err, tt.name)
				}
			}
			if path != "" || b.Len() > 0 {
				t.Errorf("captured all the same: %q, %d bytes", path, b.Len())
			}
		})
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files in the directory, %v, want the one that was there", len(entries), err)
	}
}

func TestAllBadOptionsAreNamed(t *testing.T) {
	err := dump.Configure(dump.Depth(-7), dump.Depth(2), dump.MaxBytes(-3))
	if err == nil || !strings.Contains(err.Error(), "Depth(-7)") || !strings.Contains(err.Error(), "MaxBytes(-3)") || strings.Contains(err.Error(), "Depth(2)") {
		t.Errorf("error %v, want both bad options named, and no good one", err)
	}
}

// B2.1: the last call of Configure counts, whole; a capture's own options go
// further and do not stay.
func TestConfigure(t *testing.T) {
	defer patient()
	depth := func(opts ...dump.Option) (int64, int) {
		m := take(t, nil, append(opts, dump.Source(false))...).Meta()
		return m.Depth, len(m.Labels)
	}
	steps := []struct {
		configure, capture []dump.Option
		depth              int64
		labels             int
	}{
		{nil, nil, dump.DefaultDepth, 0},
		{[]dump.Option{dump.Depth(1), dump.Label("a", "b")}, nil, 1, 1},
		{[]dump.Option{dump.Depth(1), dump.Label("a", "b")}, []dump.Option{dump.Depth(2), dump.Label("c", "d")}, 2, 2},
		{[]dump.Option{dump.Label("a", "b")}, nil, dump.DefaultDepth, 1},
		{nil, nil, dump.DefaultDepth, 0},
	}
	for i, s := range steps {
		if err := dump.Configure(s.configure...); err != nil {
			t.Fatal(err)
		}
		if d, n := depth(s.capture...); d != s.depth || n != s.labels {
			t.Errorf("step %d: depth %d, %d labels, want %d, %d", i, d, n, s.depth, s.labels)
		}
	}
	if err := dump.Configure(dump.Depth(1)); err != nil {
		t.Fatal(err)
	}
	if err := dump.Configure(dump.Depth(2), dump.Depth(-9)); err == nil {
		t.Error("a bad option was accepted")
	}
	if d, _ := depth(); d != 1 {
		t.Errorf("after a failed Configure the depth is %d, want 1 as before", d)
	}
}

// Relative paths are those of the time when the option was given.
func TestRelativePaths(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	t.Chdir(first)
	opt := dump.Dir("dumps")
	t.Chdir(second)
	path, err := dump.Capture(nil, opt, dump.Depth(0))
	if err != nil || filepath.Dir(path) != filepath.Join(first, "dumps") {
		t.Errorf("the dump is %s, %v, want it in %s", path, err, filepath.Join(first, "dumps"))
	}
}

func TestWriteTakesNoPlace(t *testing.T) {
	var b bytes.Buffer
	if err := dump.Write(&b, nil, dump.Dir(t.TempDir())); err == nil || b.Len() > 0 {
		t.Errorf("Write with Dir: %v and %d bytes, want an error and none", err, b.Len())
	}
	if err := dump.Write(nil, nil); err == nil {
		t.Error("Write to nothing gives no error")
	}
	if err := dump.Configure(dump.Dir(t.TempDir())); err != nil {
		t.Fatal(err)
	}
	defer patient()
	if err := dump.Write(&b, nil, dump.Depth(0)); err != nil {
		t.Errorf("Write with a configured directory: %v", err)
	}
}
