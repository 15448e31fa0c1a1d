package dump

import (
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
)

// B4.8: the frames of an iterator are followed by those of who waits for it,
// numbered on, and so on; a circle, and a goroutine that is not there, end it.
func TestResumers(t *testing.T) {
	b := newBuilder()
	name := b.function("main.f", model.FuncUser)
	loc := b.loc(model.LocFrame{Func: name, Line: 3, Inlined: true}, model.LocFrame{Func: name, Line: 4})
	stack := b.stack(model.Stack{Frames: []model.StackFrame{{Loc: loc, CFA: 0x10}}})
	resumers := map[model.GoID]model.GoID{1: 0, 2: 1, 3: 2, 4: 99, 5: 6, 6: 5, 7: 7, 8: 5}
	for id := model.GoID(1); id <= 8; id++ {
		b.goroutines = append(b.goroutines, &model.Goroutine{ID: id, Stack: stack, Base: uint64(id) << 16, Resumer: resumers[id], Flags: model.GoCoroutine})
	}
	d := b.open(t)
	for id, want := range map[GoID]int{1: 2, 2: 4, 3: 6, 4: 2, 5: 4, 6: 4, 7: 2, 8: 2 * maxResumers} {
		g, _ := d.Goroutine(id)
		n := 0
		for f := range g.Frames() {
			same, ok := g.Frame(n)
			if f.Index() != n || !ok || same != f || !f.Valid() || f.Line() != 3+n%2 {
				t.Fatalf("goroutine %d: frame %d is %d, line %d; by number %v", id, n, f.Index(), f.Line(), same == f)
			}
			n++
		}
		if _, ok := g.Frame(n); n != want || n != g.NumFrames() || ok {
			t.Errorf("goroutine %d has %d frames and says %d, want %d", id, n, g.NumFrames(), want)
		}
		if own := g.NumOwnFrames(); own != 2 {
			t.Errorf("goroutine %d has %d frames of its own", id, own)
		}
	}
	three, _ := d.Goroutine(3)
	if f, _ := three.Frame(5); f.Goroutine().ID() != 1 {
		t.Errorf("its last frame is of goroutine %d, want 1", f.Goroutine().ID())
	}
}
