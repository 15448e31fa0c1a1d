package dump

import (
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
)

// Of a goroutine whose stack is not in the dump, the frames of C still are.
func TestForeignWithoutStack(t *testing.T) {
	b := newBuilder()
	b.goroutines = append(b.goroutines, &model.Goroutine{ID: 77, Foreign: []model.CFrame{{PC: 1, Name: "read", Frame: 1}}})
	d := b.open(t)
	g, _ := d.Goroutine(77)
	if list := g.Foreign(); len(list) != 1 || list[0].Name != "read" || list[0].Before != 0 || g.NumFrames() != 0 {
		t.Errorf("%+v, %d frames", list, g.NumFrames())
	}
}
