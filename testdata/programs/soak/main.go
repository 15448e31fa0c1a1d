// Soak is a busy HTTP server for long tests: goroutines that know their own
// values start and end all the time, memory is allocated without rest, and a
// handler captures while all of that goes on. It says its address on standard
// output and runs until standard input ends.
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

// crowd is how many workers there are at any time.
const crowd = 200

var (
	table   sync.Mutex
	ballast [64][]byte
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	http.HandleFunc("/work", work)
	http.HandleFunc("/crash", guard)
	http.HandleFunc("/census", census)
	go func() { _ = http.Serve(l, nil) }()
	go employ()
	fmt.Println(l.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// employ starts a worker for each that has ended.
func employ() {
	seats := make(chan struct{}, crowd)
	for id := 1; ; id++ {
		seats <- struct{}{}
		go func() {
			worker(id)
			<-seats
		}()
	}
}

// badge is what a worker knows of itself. Nothing changes it once it is made.
type badge struct {
	ID, Square int
	Name       string
	Marks      []int
	Seats      map[string]int
	Next       *badge
	Any        any
}

func newBadge(id int) *badge {
	b := &badge{ID: id, Square: id * id, Name: fmt.Sprint("badge-", id), Any: id}
	for i := range id%7 + 1 {
		b.Marks = append(b.Marks, id+i)
	}
	b.Seats = map[string]int{b.Name: id}
	b.Next = &badge{ID: id + 1, Square: (id + 1) * (id + 1)}
	return b
}

// check ends the program if the badge is not what newBadge made.
func (b *badge) check(id int) {
	if b.ID != id || b.Square != id*id || b.Seats[b.Name] != id || b.Marks[len(b.Marks)-1] != id+len(b.Marks)-1 || b.Next.ID != id+1 {
		panic(fmt.Sprintf("badge %d has changed: %+v", id, b))
	}
}

func worker(id int) {
	b := newBadge(id)
	switch id % 5 {
	case 0:
		waiting(id, b)
	case 1:
		spinning(id, b)
	case 2:
		deep(id, b, id%60)
	case 3:
		locking(id, b)
	default:
		churning(id, b)
	}
}

//go:noinline
func waiting(id int, b *badge) {
	select {
	case <-make(chan int):
	case <-time.After(time.Duration(20+id%200) * time.Millisecond):
	}
	b.check(id)
}

//go:noinline
func spinning(id int, b *badge) {
	sum := 0
	for i := range 400_000 {
		sum += i % (id + 1)
	}
	if sum < 0 {
		panic(sum)
	}
	b.check(id)
}

//go:noinline
func deep(id int, b *badge, left int) int {
	if left == 0 {
		time.Sleep(time.Duration(id%50) * time.Millisecond)
		b.check(id)
		return 0
	}
	n := deep(id, b, left-1)
	b.check(id)
	return n + 1
}

//go:noinline
func locking(id int, b *badge) {
	table.Lock()
	defer table.Unlock()
	time.Sleep(time.Millisecond)
	b.check(id)
}

//go:noinline
func churning(id int, b *badge) {
	for i := range 50 {
		other := newBadge(id*1000 + i)
		other.check(id*1000 + i)
		if i%10 == 0 {
			ballast[id%len(ballast)] = make([]byte, 256<<10)
			time.Sleep(5 * time.Millisecond)
		}
	}
	b.check(id)
}

func work(w http.ResponseWriter, r *http.Request) {
	key := r.URL.Query().Get("key")
	b := newBadge(len(key))
	b.check(len(key))
	fmt.Fprintln(w, strings.Repeat(key, 10))
}

// guard is the recover handler under test.
func guard(w http.ResponseWriter, r *http.Request) {
	to := r.URL.Query().Get("to")
	defer func() {
		if cause := recover(); cause != nil {
			if _, err := dump.Capture(cause, dump.File(to), dump.Timeout(time.Hour), dump.Keep(-1)); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		}
	}()
	crash(to, r)
}

//go:noinline
func crash(to string, r *http.Request) {
	var missing map[string]int
	missing[to]++
	runtime.KeepAlive(r)
}

// Census is what must not grow.
type Census struct{ Goroutines, Descriptors, Children int }

func census(w http.ResponseWriter, _ *http.Request) {
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
