//go:build linux && amd64

package accept

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

// soakTime is how long TestSoak goes on in all: $POSTMORTEM_SOAK, for instance
// 30m; else a minute in a thorough run and half of it in others.
func soakTime(t *testing.T) time.Duration {
	text := os.Getenv("POSTMORTEM_SOAK")
	switch {
	case text == "" && thorough:
		return time.Minute
	case text == "":
		return 30 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("POSTMORTEM_SOAK: %v", err)
	}
	return d
}

// TestSoak captures every second from a busy server in which goroutines start
// and end all the time, under stress of the garbage collector, memory pressure
// and without asynchronous preemption. Nothing hangs or leaks, no value is
// wrong, and requests outside the freeze take as long as they do without captures.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	settings := []string{"GOGC=100", "GOGC=1", "GODEBUG=asyncpreemptoff=1", "GOMEMLIMIT=24MiB"}
	share := soakTime(t) / time.Duration(len(settings))
	exe := filepath.Join(buildAll(t, release, "testdata/programs", "soak"), "soak")
	for _, env := range settings {
		t.Run(env, func(t *testing.T) {
			s := startServer(t, exe, env)
			k := &soak{server: s, end: time.Now().Add(share)}
			k.run(t)
		})
	}
}

// soak is one server's turn.
type soak struct {
	*server
	end time.Time

	mu       sync.Mutex
	requests []request
	freezes  []request // as periods

	shots            int
	files            []string // of the dumps, looked at when the load is over
	verified, absent int
}

// request is a period of time; captured says that it lies in a phase with captures.
type request struct {
	begin, end time.Time
	captured   bool
}

// noise is how much the 99th percentiles of two phases may differ where other
// work shares the machine. A capture that hogs the processors, or an unnoticed
// second freeze, is beyond it.
const noise = 6

// phase is how long captures are made, or not made, without a change.
const phase = 3 * time.Second

func (k *soak) run(t *testing.T) {
	k.shot(t) // what the first capture learns is kept
	before := k.census(t)
	begin := time.Now()
	capturing := func(at time.Time) bool { return at.Sub(begin)/phase%2 == 1 }
	quit := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { k.client(t, quit, capturing) })
	}
	for time.Now().Before(k.end) || !k.enough() && time.Now().Before(k.end.Add(patience)) {
		next := time.Now().Add(time.Second)
		if capturing(time.Now()) {
			k.shot(t)
		}
		time.Sleep(time.Until(next))
	}
	close(quit)
	wg.Wait()
	for _, file := range k.files {
		k.look(t, file)
	}
	after := k.census(t)
	if after.Children > before.Children || after.Descriptors > before.Descriptors+10 {
		t.Errorf("the server has %+v after the captures, had %+v before", after, before)
	}
	if n := len(k.files); n < 2 || k.verified < 20*n {
		t.Errorf("%d dumps, %d workers verified: too few to say anything", n, k.verified)
	}
	t.Logf("%d dumps; %d workers' frames verified, %d lack a variable", len(k.files), k.verified, k.absent)
	k.latency(t)
}

// patience is how much longer a slow machine may take to have enough to look at.
const patience = time.Minute

// enough reports whether there are dumps, and requests with and without them.
func (k *soak) enough() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	captured := 0
	for _, r := range k.requests {
		if r.captured {
			captured++
		}
	}
	return len(k.files) >= 3 && min(captured, len(k.requests)-captured) >= 4*fewest
}

// fewest is how many requests a percentile is taken of.
const fewest = 50

// client asks without rest and notes how long it takes.
func (k *soak) client(t *testing.T, quit chan struct{}, capturing func(time.Time) bool) {
	for n := 0; ; n++ {
		select {
		case <-quit:
			return
		case <-time.After(time.Millisecond):
		}
		begin := time.Now()
		if _, err := k.get(fmt.Sprintf("/work?key=k%d", n%50)); err != nil {
			t.Errorf("a request: %v", err)
			return
		}
		end := time.Now()
		k.mu.Lock()
		k.requests = append(k.requests, request{begin, end, capturing(begin)})
		k.mu.Unlock()
	}
}

// shot makes a dump.
func (k *soak) shot(t *testing.T) {
	k.shots++
	file := filepath.Join(k.dir, fmt.Sprintf("%d.dump", k.shots))
	if _, err := k.get("/crash?to=" + url.QueryEscape(file)); err != nil {
		t.Errorf("capture: %v", err)
		return
	}
	k.files = append(k.files, file)
}

// look holds a dump against what the workers know.
func (k *soak) look(t *testing.T, file string) {
	d, err := dump.Open(file)
	if err != nil {
		t.Errorf("open: %v", err)
		return
	}
	defer d.Close()
	if err := d.Verify(context.Background()); err != nil {
		t.Errorf("verify: %v", err)
	}
	k.freezes = append(k.freezes, freezeOf(t, d))
	for g := range d.Goroutines() {
		for f := range g.Frames() {
			k.frame(t, f)
		}
	}
}

// freezeOf is when the program stood still.
func freezeOf(t *testing.T, d *dump.Dump) request {
	at, took := d.Meta().Time, freezeTime(t, d)
	return request{begin: at.Add(-took), end: at.Add(took)}
}

// workers are the functions whose variables id and b belong together.
var workers = []string{"main.waiting", "main.spinning", "main.deep", "main.locking", "main.churning", "main.worker", "main.(*badge).check"}

// frame holds a worker's variables against each other. What is marked stale
// or absent may be anything.
func (k *soak) frame(t *testing.T, f dump.Frame) {
	if !slices.Contains(workers, f.Function().Name()) {
		return
	}
	var id int64
	var b dump.Value
	for _, v := range f.Variables() {
		n, ok := v.Value().Int()
		switch {
		case v.Stale() || v.Dead() || v.Shadowed():
		case v.Name() == "id" && ok && n != 0:
			id = n
		case v.Name() == "b" && v.Value().Pointer() != 0:
			b = v.Value().Elem()
		}
	}
	if id == 0 || !b.Valid() {
		k.absent++
		return
	}
	if _, stub := b.Stub(); stub {
		k.absent++
		return
	}
	k.verified++
	if wrong := badgeOf(b, id); wrong != "" {
		t.Errorf("goroutine %d, frame %d %s, id %d: %s", f.Goroutine().ID(), f.Index(), f.Function().Name(), id, wrong)
	}
}

// badgeOf says what is wrong with the badge of worker id, "" if nothing is.
// What the dump does not hold is not wrong.
func badgeOf(b dump.Value, id int64) string {
	field := func(v dump.Value, name string) dump.Value { f, _ := v.FieldByName(name); return f }
	number := func(v dump.Value, want int64) bool { n, ok := v.Int(); return !ok || n == want }
	name := fmt.Sprint("badge-", id)
	switch text, _, ok := field(b, "Name").Text(100); {
	case !number(field(b, "ID"), id), !number(field(b, "Square"), id*id):
		return "another's number"
	case ok && text != name:
		return "another's name " + text
	case !number(field(b, "Any").Elem(), id):
		return "another's interface"
	case !number(field(field(b, "Next").Elem(), "ID"), id+1):
		return "another's next"
	}
	marks := field(b, "Marks")
	if n, ok := marks.Len(); ok && n != id%7+1 {
		return fmt.Sprintf("%d marks", n)
	}
	for i := range id%7 + 1 {
		if !number(marks.Index(i), id+i) {
			return fmt.Sprintf("mark %d is another's", i)
		}
	}
	for key, seat := range field(b, "Seats").Entries() {
		if text, _, ok := key.Text(100); ok && text != name || !number(seat, id) {
			return "another's seat " + text
		}
	}
	return ""
}

// latency compares requests in phases with and without captures, outside freezes.
func (k *soak) latency(t *testing.T) {
	var with, without []time.Duration
	for _, r := range k.requests {
		frozen := slices.ContainsFunc(k.freezes, func(f request) bool { return r.begin.Before(f.end) && f.begin.Before(r.end) })
		switch {
		case frozen:
		case r.captured:
			with = append(with, r.end.Sub(r.begin))
		default:
			without = append(without, r.end.Sub(r.begin))
		}
	}
	if min(len(with), len(without)) < fewest {
		t.Errorf("only %d and %d requests", len(with), len(without))
		return
	}
	p := func(list []time.Duration, q float64) time.Duration {
		slices.Sort(list)
		return list[int(q*float64(len(list)-1))]
	}
	ratio := float64(p(with, .99)) / float64(p(without, .99))
	t.Logf("%d requests with captures: p50 %v, p99 %v; %d without: p50 %v, p99 %v; p99 ratio %.2f", len(with), p(with, .5), p(with, .99),
		len(without), p(without, .5), p(without, .99), ratio)
	if ratio > noise {
		t.Errorf("requests take %.2f times as long while captures are made, more than the noise", ratio)
	}
}
