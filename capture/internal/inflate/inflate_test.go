package inflate

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

func ignore(Mark) {}

// deflate compresses as the standard library does.
func deflate(t testing.TB, b []byte, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// samples are texts of several kinds.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	self, err := os.ReadFile("table.go")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 200_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	skewed := make([]byte, 300_000) // codes of very different lengths
	for i := range skewed {
		for skewed[i] = 0; skewed[i] < 250 && r.Uint32()%3 != 0; skewed[i]++ {
		}
	}
	return map[string][]byte{
		"nothing": {}, "byte": {7}, "word": []byte("abcdefgh"), "run": bytes.Repeat([]byte{'x'}, 100_000),
		"pair": bytes.Repeat([]byte("ab"), 5000), "source": bytes.Repeat(self, 20), "noise": noise, "skewed": skewed,
	}
}

// What compress/zlib makes is what comes back, at every level, also where a
// buffer ends with the text.
func TestZlib(t *testing.T) {
	for name, want := range samples(t) {
		for _, level := range []int{zlib.NoCompression, zlib.HuffmanOnly, zlib.BestSpeed, zlib.DefaultCompression, zlib.BestCompression} {
			got := make([]byte, len(want))
			if err := Zlib(got, deflate(t, want, level), ignore); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s at level %d: %v, %t", name, level, err, bytes.Equal(got, want))
			}
		}
	}
}

// What lies between two marks can be inflated once more, with the window before it.
func TestAgain(t *testing.T) {
	for name, want := range samples(t) {
		for _, level := range []int{zlib.NoCompression, zlib.BestSpeed, zlib.BestCompression} {
			z := deflate(t, want, level)
			marks := []Mark{{}}
			if err := Zlib(make([]byte, len(want)), z, func(m Mark) { marks = append(marks, m) }); err != nil {
				t.Fatal(err)
			}
			for i := 1; i < len(marks); i++ {
				from, to := marks[i-1], marks[i]
				got := make([]byte, len(want))
				lo := max(0, from.Out-Window)
				copy(got[lo:], want[lo:from.Out])
				if err := Again(got, z, from, to); err != nil || !bytes.Equal(got[lo:to.Out], want[lo:to.Out]) {
					t.Errorf("%s at level %d from %v to %v: %v", name, level, from, to, err)
				}
				if bytes.ContainsFunc(got[to.Out:], func(r rune) bool { return r != 0 }) {
					t.Errorf("%s at level %d from %v to %v: written behind it", name, level, from, to)
				}
				if err := Again(got, z[:from.In()-1], from, to); !errors.Is(err, ErrDamaged) {
					t.Errorf("%s at level %d from %v to %v, cut: %v", name, level, from, to, err)
				}
			}
		}
	}
	if err := Again(nil, nil, Mark{}, Mark{}); !errors.Is(err, ErrDamaged) {
		t.Errorf("empty input: %v", err)
	}
}

// Another length, a cut or changed stream: an error, or other bytes, never a panic.
func TestZlibDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for name, text := range samples(t) {
		if len(text) > 20_000 {
			text = text[:20_000]
		}
		z := deflate(t, text, zlib.DefaultCompression)
		if err := Zlib(make([]byte, len(text)+1), z, ignore); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s into too long a buffer: %v", name, err)
		}
		if n := len(text); n > 0 {
			if err := Zlib(make([]byte, n-1), z, ignore); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s into too short a buffer: %v", name, err)
			}
			if err := Zlib(make([]byte, n), z[:len(z)/2], ignore); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s, cut: %v", name, err)
			}
		}
		for range 300 {
			bad := bytes.Clone(z)
			bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
			_ = Zlib(make([]byte, len(text)), bad, ignore) // it returns
		}
	}
	if err := Zlib(make([]byte, 3), nil, ignore); !errors.Is(err, ErrDamaged) {
		t.Errorf("empty input: %v", err)
	}
}

func FuzzZlib(f *testing.F) {
	for _, text := range samples(f) {
		f.Add(deflate(f, text[:min(len(text), 500)], zlib.BestSpeed))
	}
	f.Fuzz(func(t *testing.T, z []byte) {
		r, err := zlib.NewReader(bytes.NewReader(z))
		if err != nil {
			return
		}
		want, err := io.ReadAll(io.LimitReader(r, 1<<20))
		if err != nil || len(want) == 1<<20 {
			_ = Zlib(make([]byte, len(want)), z, ignore)
			return
		}
		got := make([]byte, len(want))
		if err := Zlib(got, z, ignore); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v, %d bytes where compress/zlib gives %d", err, len(got), len(want))
		}
	})
}

// standard inflates with compress/zlib.
func standard(t testing.TB, dst, z []byte) {
	r, err := zlib.NewReader(bytes.NewReader(z))
	if err == nil {
		_, err = io.ReadFull(r, dst)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// executable gives machine code and what the standard library compresses it to.
func executable(t testing.TB) (text, z []byte) {
	t.Helper()
	exe, err := os.Executable()
	if err == nil {
		text, err = os.ReadFile(exe)
	}
	if err != nil {
		t.Fatal(err)
	}
	text = text[:min(len(text), 4<<20)]
	return text, deflate(t, text, zlib.BestSpeed)
}

func TestExecutable(t *testing.T) {
	text, z := executable(t)
	dst := make([]byte, len(text))
	if err := Zlib(dst, z, ignore); err != nil || !bytes.Equal(dst, text) {
		t.Errorf("%v, %t", err, bytes.Equal(dst, text))
	}
}

// It is there for being faster than compress/zlib: twice to six times on debug
// information; on machine code, which it has here, by half.
func BenchmarkZlib(b *testing.B) {
	text, z := executable(b)
	dst := make([]byte, len(text))
	b.SetBytes(int64(len(text)))
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		if err := Zlib(dst, z, ignore); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
		start = time.Now()
		standard(b, dst, z)
		theirs += time.Since(start)
	}
	b.ReportMetric(float64(theirs)/float64(ours), "times-compress/zlib")
}
