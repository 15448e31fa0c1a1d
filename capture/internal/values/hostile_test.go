//go:build linux && amd64

package values

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// patched is memory in which some words have been changed.
type patched struct {
	h     *holder
	words map[uint64]uint64
	gone  map[uint64]bool // page numbers that are not mapped any more
}

func (m *patched) ReadMemory(p []byte, addr uint64) error {
	for page := addr / pageSize; page <= (addr+uint64(len(p))-1)/pageSize; page++ {
		if m.gone[page] {
			return errors.New("not mapped")
		}
	}
	if err := m.h.ReadMemory(p, addr); err != nil {
		return err
	}
	for at, v := range m.words {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], v)
		for i := range b {
			if x := at + uint64(i); x >= addr && x < addr+uint64(len(p)) {
				p[x-addr] = b[i]
			}
		}
	}
	return nil
}

// word reads a word of the fixture's true memory.
func (h *holder) word(t testing.TB, addr uint64) uint64 {
	t.Helper()
	var b [8]byte
	if err := h.ReadMemory(b[:], addr); err != nil {
		t.Fatal(err)
	}
	return u64(b[:])
}

// TestCorrupt changes one word of a value at a time: what contradicts itself
// becomes a stub that says so, and never a value.
func TestCorrupt(t *testing.T) {
	h := fixture(t)
	slice, str := h.value(t, "slice").Addr, h.value(t, "string").Addr
	mapAddr := h.word(t, h.value(t, "map of 10000").Addr)
	small := h.word(t, h.value(t, "map of nothing").Addr)
	chanAddr := h.word(t, h.value(t, "chan").Addr)
	errAddr := h.value(t, "error").Addr
	boxed := h.value(t, "anys").Addr
	for _, tc := range []struct {
		what, value string
		at, word    uint64
		reason      mock.Reason
	}{
		{"negative length", "slice", slice + 8, 1 << 63, mock.Corrupt},
		{"length beyond capacity", "slice", slice + 8, 4, mock.Corrupt},
		{"huge slice", "slice", slice + 16, 1 << 62, mock.Corrupt},
		{"slice of nothing at all", "slice", slice, 0, mock.Corrupt},
		{"slice at a bad address", "slice", slice, 0x10, mock.Unreadable},
		{"negative string", "string", str + 8, 1<<64 - 5, mock.Corrupt},
		{"string without bytes", "string", str, 0, mock.Corrupt},
		{"string at a bad address", "string", str, 0xdead0000, mock.Unreadable},
		{"pointer at a bad address", "pointer", h.value(t, "pointer").Addr, 8, mock.Unreadable},
		{"slice in code", "slice", slice, h.mod.Text + 16, mock.Corrupt},
		{"string in code", "string", str, h.mod.Text + 16, mock.Corrupt},
		{"pointer into code", "pointer", h.value(t, "pointer").Addr, h.mod.Text + 16, mock.Corrupt},
		{"pointer beyond all addresses", "pointer", h.value(t, "pointer").Addr, 1<<64 - 4, mock.Corrupt},
		{"interface of no type", "error", errAddr, 0x1000, mock.Corrupt},
		{"interface of a type that is none", "any nil", h.value(t, "any nil").Addr, slice &^ 7, mock.Corrupt},
		{"interface without data", "anys", h.word(t, boxed) + 16 + 8, 0, mock.Corrupt},
		{"func that is none", "func", h.value(t, "func").Addr, slice, mock.Corrupt},
		{"map too large", "map of 10000", mapAddr, 1 << 50, mock.Corrupt},
		{"map of an odd directory", "map of 10000", mapAddr + 24, 3, mock.Corrupt},
		{"map with another count", "map of 10000", mapAddr, 9999, mock.Corrupt},
		{"map without its directory", "map of 10000", mapAddr + 16, 0x10, mock.Unreadable},
		{"small map with too many", "map of nothing", small, 9, mock.Corrupt},
		{"channel with too many", "chan", chanAddr, 5, mock.Corrupt},
		{"channel of other elements", "chan", chanAddr + 24, 77, mock.Corrupt},
		{"channel that receives outside", "chan", chanAddr + 56, 4, mock.Corrupt},
		{"channel without its buffer", "chan", chanAddr + 16, 0x10, mock.Unreadable},
	} {
		s := h.session(t, &patched{h: h, words: map[uint64]uint64{tc.at: tc.word}}, everything)
		s.root(tc.value, false)
		s.Run(t.Context())
		d := s.finish()
		if d.loss(tc.reason) == 0 {
			t.Errorf("%s: %s is not recorded: %+v", tc.what, tc.reason, d.losses)
		}
		if tc.word == h.mod.Text+16 && d.bytes(tc.word, 1) != nil {
			t.Errorf("%s: the code is kept", tc.what)
		}
	}
}

// TestDeadInterface: a slot of an interface with methods may hold what was the
// first word of one without: that it makes no sense there says nothing of the
// others.
func TestDeadInterface(t *testing.T) {
	h := fixture(t)
	boxed := h.value(t, "anys")
	truth := h.session(t, h, everything)
	truth.root("anys", false)
	truth.Run(t.Context())
	m := &patched{h: h, words: map[uint64]uint64{h.value(t, "error").Addr: h.word(t, h.word(t, boxed.Addr)+16)}}
	s := h.session(t, m, everything)
	s.root("error", false)
	s.root("anys", false)
	s.Run(t.Context())
	d := s.finish()
	if got, want := d.named("anys", boxed.Addr), truth.finish().named("anys", boxed.Addr); got != want {
		t.Errorf("the interfaces are %s, want %s", got, want)
	}
	if d.loss(mock.Corrupt) == 0 {
		t.Error("the dead slot is not recorded")
	}
}

// TestPartlyMapped takes pages away: what lies on the others is kept.
func TestPartlyMapped(t *testing.T) {
	h := fixture(t)
	long := h.value(t, "string long").Addr
	at := h.word(t, long)
	hole := at/pageSize + 2
	s := h.session(t, &patched{h: h, gone: map[uint64]bool{hole: true}}, everything)
	s.root("string long", false)
	s.Run(t.Context())
	d := s.finish()
	kept := int64(hole*pageSize - at)
	if got := d.bytes(at, kept); !strings.HasPrefix(strings.Repeat("0123456789", 5000), string(got)) || got == nil {
		t.Errorf("%d bytes are kept, want %d", len(got), kept)
	}
	if got := d.absent(hole * pageSize); got != "<unreadable memory>" {
		t.Errorf("beyond: %s", got)
	}
}

// TestDamaged walks memory with random damage: within the budgets, without a
// panic, and every record keeps the format's rules.
func TestDamaged(t *testing.T) {
	h := fixture(t)
	truth := h.walk(t, h.types("descriptors"), h, everything)
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		m := &patched{h: h, words: map[uint64]uint64{}, gone: map[uint64]bool{}}
		for range 40 {
			x := truth.extents[r.IntN(len(truth.extents))]
			if x.Addr >= synthetic {
				continue
			}
			at := x.Addr + uint64(r.IntN(len(x.Bytes)))&^7
			y := truth.extents[r.IntN(len(truth.extents))]
			m.words[at] = []uint64{r.Uint64(), 1 << r.UintN(64), 0, y.Addr, uint64(r.IntN(100)), 1<<63 - 1}[r.IntN(6)]
			if r.IntN(10) == 0 {
				m.gone[at/pageSize] = true
			}
		}
		lim := Limits{Depth: -1, Bytes: 8 << 20, Objects: 1 << 16}
		how := []string{"descriptors", "DWARF"}[seed%2]
		d, ts := newDumped(t), h.types(how)
		ts.Begin(m, d.typ)
		w := New(Config{Types: ts, Mem: m, Limits: lim, Emit: d.add, Func: func(uint64) model.FuncID { return 1 }, Code: func(uint64) bool { return false }})
		for _, v := range h.values {
			if typ, err := ts.FromRType(v.RType); err == nil {
				w.Root(typ, v.Addr, false)
			}
		}
		w.Run(t.Context())
		w.Finish()
		ts.Finish()
		d.check()
		if f := w.Figures(); f.Bytes > lim.Bytes || f.Objects > lim.Objects {
			t.Fatalf("seed %d: %+v", seed, f)
		}
	}
}

// TestDamagedDescriptors damages the runtime's type descriptors, which the
// types are then made from.
func TestDamagedDescriptors(t *testing.T) {
	h := fixture(t)
	made, refused := 0, 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2))
		m := &patched{h: h, words: map[uint64]uint64{}}
		v := h.values[r.IntN(len(h.values))]
		for range 1 + r.IntN(3) {
			at := v.RType + 8*uint64(r.IntN(12))
			m.words[at] = []uint64{r.Uint64(), 1 << r.UintN(64), v.RType, v.Addr, uint64(r.IntN(1 << 20))}[r.IntN(5)]
		}
		ts := h.types("descriptors")
		ts.Begin(m, func(rec *model.Type) {
			if err := model.Check(rec); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
		})
		typ, err := ts.FromRType(v.RType)
		if err != nil {
			refused++
			continue
		}
		made++
		var scan func(*types.Type, int)
		scan = func(typ *types.Type, depth int) {
			if typ == nil || depth == 0 {
				return
			}
			typ.Scan()
			typ.MapLayout()
			scan(typ.Elem(), depth-1)
			scan(typ.Key(), depth-1)
		}
		scan(typ, 5)
		typ.Emit()
		ts.Finish()
	}
	if made == 0 || refused == 0 {
		t.Errorf("%d made, %d refused: the damage is of one kind only", made, refused)
	}
}

// largest notes the most that was asked for at once.
type largest struct {
	Memory
	n int
}

func (m *largest) ReadMemory(p []byte, addr uint64) error {
	m.n = max(m.n, len(p))
	return m.Memory.ReadMemory(p, addr)
}

// However much of one string or slice may be kept, a length that memory gives
// is not believed before the bytes are there.
func TestHugeLengths(t *testing.T) {
	h := fixture(t)
	str, slice := h.value(t, "string").Addr, h.value(t, "slice").Addr
	const huge = 1 << 28
	m := &largest{Memory: &patched{h: h, words: map[uint64]uint64{str + 8: huge, slice + 8: huge, slice + 16: huge}}}
	d := h.walk(t, h.types("DWARF"), m, Limits{Depth: -1, Elements: 1 << 60, String: 1 << 60})
	if m.n > maxObject+2*granule {
		t.Errorf("%d bytes were asked for at once", m.n)
	}
	if d.loss(mock.ByteLimit) == 0 || d.loss(mock.Unreadable) == 0 {
		t.Errorf("losses %+v", d.losses)
	}
	if d.figures.Objects > 1<<20 {
		t.Errorf("%d objects", d.figures.Objects)
	}
}
