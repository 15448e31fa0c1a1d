package capture

import (
	"testing"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// Two variables with one place: the one that came into scope last has it.
func TestUnshare(t *testing.T) {
	rec := &model.Loc{Frames: []model.LocFrame{{Vars: make([]model.Var, 2)}, {Vars: make([]model.Var, 4)}}}
	for i := range rec.Frames {
		for j := range rec.Frames[i].Vars {
			rec.Frames[i].Vars[j].Place = model.PlaceCFA
		}
	}
	unshare(rec, []claim{
		{place{0, 0}, -64, -32, 100}, // of the inlined call
		{place{0, 1}, -200, -192, 101},
		{place{1, 0}, -64, -48, 10},  // loses to the inlined call's
		{place{1, 1}, -128, -96, 11}, // loses to the one declared below it
		{place{1, 2}, -120, -104, 12},
		{place{1, 3}, -96, -64, 13}, // touches others, shares nothing
	})
	want := [][]model.Place{
		{model.PlaceCFA, model.PlaceCFA},
		{model.PlaceNone, model.PlaceNone, model.PlaceCFA, model.PlaceCFA},
	}
	for i := range want {
		for j, w := range want[i] {
			v := rec.Frames[i].Vars[j]
			if v.Place != w || w == model.PlaceNone && v.Reason != mock.OptimizedOut {
				t.Errorf("frame %d, variable %d: place %v, reason %v, want place %v", i, j, v.Place, v.Reason, w)
			}
		}
	}
}
