package capture

import "github.com/gopostmortem/postmortem/internal/model"

// tally counts the variables of frames by what is known of them.
type tally struct {
	all, read int64 // read: with a place, all of it or parts
	stale     int64 // of those read, possibly an earlier value
	dead      int64 // of those read, with pointers that the collector no longer follows
	partial   int64 // of those read, with parts that have no place
}

func (t *tally) add(o tally) {
	t.all += o.all
	t.read += o.read
	t.stale += o.stale
	t.dead += o.dead
	t.partial += o.partial
}

func (t *tally) count(v *model.Var) {
	t.all++
	if v.Place == model.PlaceNone {
		return
	}
	t.read++
	if v.Flags&model.VarStale != 0 {
		t.stale++
	}
	if v.Flags&model.VarDead != 0 {
		t.dead++
	}
	if v.Place == model.PlaceParts {
		t.partial++
	}
}

// figures names them, those of user frames with a prefix.
func (t *tally) figures(prefix string) []model.Stat {
	return []model.Stat{
		{Name: prefix + "variables", Value: t.all},
		{Name: prefix + "variables_read", Value: t.read},
		{Name: prefix + "variables_stale", Value: t.stale},
		{Name: prefix + "variables_dead", Value: t.dead},
		{Name: prefix + "variables_partial", Value: t.partial},
		{Name: prefix + "variables_absent", Value: t.all - t.read},
	}
}

// tallies are those of all frames, and of the frames of the main module.
type tallies struct{ all, user tally }

func (t *tallies) add(o *tallies) {
	t.all.add(o.all)
	t.user.add(o.user)
}
