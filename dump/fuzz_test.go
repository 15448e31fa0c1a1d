package dump

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/gopostmortem/postmortem/internal/wire"
)

// typed reports whether every error joined in err is of one of the classes.
func typed(err error) bool {
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range list.Unwrap() {
			if !typed(e) {
				return false
			}
		}
		return true
	}
	for _, class := range classes {
		if class != nil && errors.Is(err, class) {
			return true
		}
	}
	return err == nil
}

// survive opens a file that may hold anything, and reads all there is.
func survive(t testing.TB, file []byte) {
	t.Helper()
	d, err := open(file)
	if d == nil && err == nil || !typed(err) {
		t.Errorf("open: %v, %v", d, err)
	}
	if d == nil {
		return
	}
	walk(d, 3000)
	if err := d.Verify(context.Background()); !typed(err) {
		t.Errorf("verify: %v", err)
	}
	if err := errors.Join(d.Damage()...); !typed(err) {
		t.Errorf("damage: %v", err)
	}
}

// sealed is a section's payload, to be written again with sound checksums.
type sealed struct {
	kind    wire.Kind
	count   int
	payload []byte
	lo, hi  uint64
}

func unseal(t testing.TB, file []byte) []sealed {
	t.Helper()
	r, err := wire.Open(bytes.NewReader(file), int64(len(file)), wire.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var out []sealed
	for i, e := range r.Entries() {
		p, err := r.Payload(i)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, sealed{e.Kind, int(e.Count), p, e.Lo, e.Hi})
	}
	return out
}

func seal(t testing.TB, secs []sealed) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := wire.NewWriter(&out, wire.WriterOptions{Salt: 1, Store: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range secs {
		if err := w.Section(s.kind, s.count, s.lo, s.hi, s.payload); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// mutate changes a few bytes, as a fuzzer would.
func mutate(rng *rand.Rand, p []byte) []byte {
	p = bytes.Clone(p)
	for range 1 + rng.IntN(3) {
		if len(p) == 0 {
			return p
		}
		at := rng.IntN(len(p))
		switch rng.IntN(4) {
		case 0:
			p[at] ^= 1 << rng.IntN(8)
		case 1:
			p[at] = byte(rng.Uint32())
		case 2:
			p = append(p[:at], p[min(len(p), at+1+rng.IntN(4)):]...)
		case 3:
			p = append(p[:at], append([]byte{byte(rng.Uint32())}, p[at:]...)...)
		}
	}
	return p
}

func TestMutations(t *testing.T) {
	n := 3000
	if testing.Short() {
		n = 300
	}
	rng := rand.New(rand.NewPCG(1, 2))
	file := rich().bytes(t)
	secs := unseal(t, file)
	for range n {
		survive(t, mutate(rng, file))
		changed := append([]sealed{}, secs...)
		i := rng.IntN(len(secs))
		changed[i].payload = mutate(rng, secs[i].payload)
		survive(t, seal(t, changed))
		if t.Failed() {
			return
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.file)
	}
	f.Add(rich().bytes(f))
	f.Fuzz(func(t *testing.T, file []byte) { survive(t, file) })
}

// FuzzRecords puts any bytes in the place of one section's records, with
// sound checksums, so that what lies behind these is reached.
func FuzzRecords(f *testing.F) {
	secs := unseal(f, rich().bytes(f))
	for i, s := range secs {
		f.Add(uint8(i), uint8(s.count), s.payload)
	}
	f.Fuzz(func(t *testing.T, i, count uint8, payload []byte) {
		changed := append([]sealed{}, secs...)
		s := &changed[int(i)%len(secs)]
		s.payload, s.count = payload, int(count)
		survive(t, seal(t, changed))
	})
}
