//go:build linux && amd64

package accept

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/restore"
)

// TestBigServer crashes a handler of Caddy with all its modules while over 200
// requests wait, built as people ship it and built for debugging.
func TestBigServer(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Caddy: not in -short")
	}
	modes := []mode{release}
	if thorough {
		modes = append(modes, debug)
	}
	for _, m := range modes {
		t.Run(m.Name, func(t *testing.T) {
			exe := filepath.Join(buildAll(t, m, "testdata/bigserver", "."), "bigserver")
			info, err := os.Stat(exe)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() < 60<<20 {
				t.Errorf("the executable has %d MB, want over 60", info.Size()>>20)
			}
			d, gs := crashWithOracle(t, exe, oracleConfig(recurseBig), "-depth=6")
			if n := d.NumGoroutines(); n < 200 {
				t.Errorf("%d goroutines, want at least 200", n)
			}
			checkRequest(t, d)
			report(t, "own frames", []*tally{compare("bigserver", recurseBig, d, gs, isMain)})
			report(t, "third-party frames", []*tally{compare("bigserver", recurseBig, d, gs, isThirdParty)})
			report(t, "standard library frames", []*tally{compare("bigserver", recurseBig, d, gs, isStandard)})
		})
	}
}

// isThirdParty tells functions of modules: their import paths begin with a host.
func isThirdParty(function string) bool {
	host, _, ok := strings.Cut(function, "/")
	return ok && strings.Contains(host, ".") && !strings.ContainsAny(host, "([")
}

func isStandard(function string) bool { return !isMain(function) && !isThirdParty(function) }

// checkRequest looks for the request in the frame that panicked, and in those
// of Caddy and net/http below it.
func checkRequest(t *testing.T, d *dump.Dump) {
	t.Helper()
	frame, ok := d.Cause().Frame()
	if !ok || frame.Function().Name() != "main.(*Orders).show" {
		t.Errorf("the culprit is %q, want main.(*Orders).show", frame.Function().Name())
	}
	s := restore.NewSession(d)
	path := eval(t, s.Scope(), `r.URL.Path`)
	if want := `"/orders/4711"`; path != want {
		t.Errorf("r.URL.Path = %s, want %s", path, want)
	}
	header := eval(t, s.Scope(), `r.Header["X-Trace"][0]`)
	if want := `"7f3a-0001"`; header != want {
		t.Errorf("X-Trace = %s, want %s", header, want)
	}
	caddy, std := 0, 0
	for f := range frame.Goroutine().Frames() {
		if req, ok := requestPath(f); ok && req == "/orders/4711" {
			if isThirdParty(f.Function().Name()) {
				caddy++
			} else if !isMain(f.Function().Name()) {
				std++
			}
		}
	}
	if caddy == 0 || std == 0 {
		t.Errorf("the request is in %d frames of Caddy and %d of net/http, want some of each", caddy, std)
	}
}

func eval(t *testing.T, scope restore.Scope, expr string) string {
	t.Helper()
	r, err := scope.Eval(expr)
	if err != nil {
		t.Errorf("%s: %v", expr, err)
		return ""
	}
	return r.Format(restore.LongConfig())
}

// requestPath finds a *http.Request among a frame's variables.
func requestPath(f dump.Frame) (string, bool) {
	for _, v := range f.Variables() {
		if v.Type().Name() != "*net/http.Request" {
			continue
		}
		url, ok := v.Value().Elem().FieldByName("URL")
		if !ok {
			continue
		}
		path, ok := url.Elem().FieldByName("Path")
		if !ok {
			continue
		}
		if text, _, ok := path.Text(-1); ok {
			return text, true
		}
	}
	return "", false
}
