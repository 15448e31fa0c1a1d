// Loadserver is an HTTP server whose handlers crash and capture while other
// requests are served. It says its address on standard output and runs until
// standard input ends.
//
//	GET /work          some allocation and locking
//	GET /crash?to=FILE panics; the recover handler captures to FILE
//	GET /census        goroutines, descriptors and children of the process
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

// Census is what must be the same before and after the captures.
type Census struct {
	Goroutines  int
	Descriptors int
	Children    int
}

type session struct {
	mu   sync.Mutex
	seen map[string][]int
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s := &session{seen: make(map[string][]int)}
	http.HandleFunc("/work", s.work)
	http.HandleFunc("/crash", s.guard)
	http.HandleFunc("/census", census)
	go func() { _ = http.Serve(l, nil) }()
	fmt.Println(l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func (s *session) work(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := r.URL.Query().Get("key")
	s.seen[key] = append(s.seen[key], len(s.seen))
	if len(s.seen[key]) > 100 {
		delete(s.seen, key)
	}
	fmt.Fprintln(w, strings.Repeat(key, 10))
}

// guard is the recover handler under test.
func (s *session) guard(w http.ResponseWriter, r *http.Request) {
	to := r.URL.Query().Get("to")
	defer func() {
		if cause := recover(); cause != nil {
			if _, err := dump.Capture(cause, dump.File(to), dump.Timeout(time.Hour)); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		}
	}()
	s.crash(to, r)
}

//go:noinline
func (s *session) crash(to string, r *http.Request) {
	var missing map[string]int
	missing[to]++
	runtime.KeepAlive(r)
}

func census(w http.ResponseWriter, r *http.Request) {
	runtime.GC()
	c := Census{Goroutines: runtime.NumGoroutine()}
	if fds, err := os.ReadDir("/proc/self/fd"); err == nil {
		c.Descriptors = len(fds)
	}
	tasks, _ := filepath.Glob("/proc/self/task/*/children")
	for _, t := range tasks {
		text, _ := os.ReadFile(t)
		c.Children += len(strings.Fields(string(text)))
	}
	_ = json.NewEncoder(w).Encode(c)
}
