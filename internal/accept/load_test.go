//go:build linux && amd64

package accept

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

// captures is how many dumps each variant of the server makes in a row.
const captures = 200

// TestUnderLoad has a server that is busy capture again and again, two dumps at
// once at times: nothing hangs, nothing leaks, every dump is whole.
func TestUnderLoad(t *testing.T) {
	for _, v := range []struct {
		name string
		mode mode
		env  string
	}{
		{"plain", release, ""},
		{"GOGC=1", release, "GOGC=1"},
		{"race", race, ""},
	} {
		t.Run(v.name, func(t *testing.T) {
			n := captures
			if !thorough {
				n = 40
			}
			exe := filepath.Join(buildAll(t, v.mode, "testdata/programs", "loadserver"), "loadserver")
			s := startServer(t, exe, v.env)
			s.warmUp(t)
			before := s.census(t)
			stop := s.load(t)
			s.captures(t, n)
			stop()
			s.settle(t, before)
		})
	}
}

// server is a running loadserver.
type server struct {
	url    string
	client *http.Client
	dir    string
}

func startServer(t *testing.T, exe, env string) *server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	cmd := exec.CommandContext(ctx, exe)
	cmd.Env = append(os.Environ(), env)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
		cancel()
	})
	addr, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return &server{url: "http://" + strings.TrimSpace(addr), client: &http.Client{}, dir: t.TempDir()}
}

func (s *server) get(path string) (string, error) {
	resp, err := s.client.Get(s.url + path)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, body)
	}
	return string(body), err
}

// warmUp makes the first dumps: what the program keeps for later captures, and
// threads the runtime starts, are no leak.
func (s *server) warmUp(t *testing.T) {
	stop := s.load(t)
	s.captures(t, 4)
	stop()
}

// load keeps the server busy until the function that it returns is called.
func (s *server) load(t *testing.T) (stop func()) {
	quit := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-quit:
					return
				default:
				}
				if _, err := s.get(fmt.Sprintf("/work?key=k%d", (n+i)%50)); err != nil {
					t.Errorf("a request under load: %v", err)
					return
				}
			}
		})
	}
	return func() { close(quit); wg.Wait(); s.client.CloseIdleConnections() }
}

// captures asks for n dumps in a row, every fifth pair at once, and opens each.
func (s *server) captures(t *testing.T, n int) {
	t.Helper()
	for i := 0; i < n; {
		together := 1
		if i%5 == 0 && i+1 < n {
			together = 2
		}
		var wg sync.WaitGroup
		for range together {
			file := filepath.Join(s.dir, fmt.Sprintf("%d.dump", i))
			wg.Go(func() { s.capture(t, file) })
			i++
		}
		wg.Wait()
	}
}

func (s *server) capture(t *testing.T, file string) {
	if _, err := s.get("/crash?to=" + url.QueryEscape(file)); err != nil {
		t.Errorf("capture: %v", err)
		return
	}
	d, err := dump.Open(file)
	if err != nil {
		t.Errorf("open: %v", err)
		return
	}
	defer os.Remove(file)
	defer d.Close()
	if err := d.Verify(context.Background()); err != nil {
		t.Errorf("verify: %v", err)
	}
	f, ok := d.Cause().Frame()
	if !ok || f.Function().Name() != "main.(*session).crash" {
		t.Errorf("the culprit is %q, want main.(*session).crash", f.Function().Name())
	}
	if d.NumGoroutines() < 5 {
		t.Errorf("only %d goroutines in the dump of a busy server", d.NumGoroutines())
	}
}

// census mirrors the server's type.
type census struct{ Goroutines, Descriptors, Children int }

func (s *server) census(t *testing.T) census {
	t.Helper()
	s.client.CloseIdleConnections()
	text, err := s.get("/census")
	if err != nil {
		t.Fatal(err)
	}
	var c census
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// settle waits until the server has no more of anything than before: its
// connections take a moment to close.
func (s *server) settle(t *testing.T, before census) {
	t.Helper()
	var now census
	for range 200 {
		now = s.census(t)
		if now.Goroutines <= before.Goroutines && now.Descriptors <= before.Descriptors && now.Children <= before.Children {
			t.Logf("before %+v, after %+v", before, now)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("the server has %+v after the captures, had %+v before", now, before)
}
