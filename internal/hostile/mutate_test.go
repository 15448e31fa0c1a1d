//go:build linux && amd64

package hostile

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// section is one section of a dump, to be written again with sound checksums.
type section struct {
	kind    wire.Kind
	count   int
	lo, hi  uint64
	payload []byte
}

// unseal takes a dump apart.
func unseal(t testing.TB, file []byte) []section {
	t.Helper()
	r, err := wire.Open(bytes.NewReader(file), int64(len(file)), wire.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var out []section
	for i, e := range r.Entries() {
		p, err := r.Payload(i)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, section{e.Kind, int(e.Count), e.Lo, e.Hi, p})
	}
	return out
}

// seal puts a dump together.
func seal(t testing.TB, sections []section, opts wire.WriterOptions) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := wire.NewWriter(&out, opts)
	for _, s := range sections {
		if err == nil {
			err = w.Section(s.kind, s.count, s.lo, s.hi, s.payload)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// extremes are numbers that readers stumble over, as varints.
var extremes = [][]byte{
	{0}, {1}, {0x7f}, {0x80, 0x01}, {0xff, 0xff, 0x03}, {0xff, 0xff, 0xff, 0xff, 0x0f},
	{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40},       // 2⁶²
	{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},       // 2⁶³−1
	{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, // 2⁶⁴−1
}

// mutate changes a few bytes.
func mutate(rng *rand.Rand, in []byte) []byte {
	b := bytes.Clone(in)
	for range 1 + rng.IntN(4) {
		if len(b) == 0 {
			return b
		}
		at := rng.IntN(len(b))
		switch rng.IntN(6) {
		case 0:
			b[at] ^= 1 << rng.IntN(8)
		case 1:
			b[at] = byte(rng.Uint32())
		case 2:
			b = slices.Delete(b, at, min(len(b), at+1+rng.IntN(8)))
		case 3:
			b = slices.Insert(b, at, byte(rng.Uint32()))
		case 4:
			x := extremes[rng.IntN(len(extremes))]
			b = slices.Replace(b, at, min(len(b), at+rng.IntN(3)), x...)
		case 5:
			from := rng.IntN(len(in))
			b = slices.Insert(b, at, in[from:min(len(in), from+rng.IntN(64))]...)
		}
	}
	return b
}

// resealed changes the contents of a section or two, or the order of the
// sections, below checksums that are right.
func resealed(t testing.TB, rng *rand.Rand, in []section) []byte {
	s := slices.Clone(in)
	for range 1 + rng.IntN(2) {
		i, j := rng.IntN(len(s)), rng.IntN(len(s))
		switch rng.IntN(12) {
		case 0:
			s[i], s[j] = s[j], s[i]
		case 1:
			s = slices.Delete(s, i, i+1)
		case 2:
			s = slices.Insert(s, i, s[j])
		case 3:
			s[i].count += rng.IntN(3) - 1
			s[i].count = max(s[i].count, 0)
		default:
			s[i].payload = mutate(rng, s[i].payload)
		}
		if len(s) == 0 {
			break
		}
	}
	return seal(t, s, wire.WriterOptions{Salt: rng.Uint32(), Store: true})
}

// TestMutations: changed dumps give errors with a class, whatever is done with
// them. Half of the changes reach the records, below checksums that are right.
func TestMutations(t *testing.T) {
	cases := 10_000
	if testing.Short() {
		cases = 1000
	}
	all := dumps(t)
	names := slices.Sorted(maps.Keys(all))
	parts := map[string][]section{}
	for _, name := range names {
		parts[name] = unseal(t, all[name])
	}
	newMeter(t)
	next := make(chan int)
	var slowest time.Duration
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for n := range next {
				rng := rand.New(rand.NewPCG(uint64(n), 1))
				name := names[n/2%len(names)]
				file := mutate(rng, all[name])
				if n%2 == 1 {
					file = resealed(t, rng, parts[name])
				}
				took := look(t, fmt.Sprintf("%s, mutation %d", name, n), file)
				mu.Lock()
				slowest = max(slowest, took)
				mu.Unlock()
			}
		})
	}
	for n := range cases {
		next <- n
		if t.Failed() {
			break
		}
	}
	close(next)
	workers.Wait()
	t.Logf("%d mutations, the slowest took %v", cases, slowest)
}

// look uses a file, and reports what a user should not meet.
func look(t *testing.T, name string, file []byte) time.Duration {
	start := time.Now()
	faults := use(file)
	took := time.Since(start)
	for _, f := range faults {
		t.Errorf("%s: %s", name, f)
	}
	if took > slow() && !race { // the machine may have been busy
		start = time.Now()
		use(file)
		if took = min(took, time.Since(start)); took > slow() {
			t.Errorf("%s: takes %v, may take %v", name, took, slow())
		}
	}
	return took
}

// TestVectors does everything with each vector.
func TestVectors(t *testing.T) {
	newMeter(t)
	for name, file := range vectors(t) {
		look(t, name, file)
	}
}
