package dump

import (
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
)

// goHead is what is kept in memory of every goroutine.
type goHead struct {
	id, parent        model.GoID
	status            model.Status
	flags             uint64
	waitReason        string
	waitSince, thread int64
	created           model.LocID
	start             model.FuncID
	stack             model.StackID
	stackLo, stackHi  uint64
	base              uint64
}

// stackTable is a stack and the logical frames of each of its physical ones.
type stackTable struct {
	rec  *model.Stack
	last []int32 // logical frames up to and including each physical one
}

func (s *stackTable) logical() int {
	if s == nil || len(s.last) == 0 {
		return 0
	}
	return int(s.last[len(s.last)-1])
}

func (s *stackTable) locate(i int) (phys, inLoc int) { return -1, 0 }

func (s *stackTable) firstLogical(phys int64) int { return 0 }

func (d *Dump) typeRecord(id model.TypeID) *model.Type      { return nil }
func (d *Dump) typeIDs() []model.TypeID                     { return nil }
func (d *Dump) typeByName(name string) (model.TypeID, bool) { return 0, false }
func (d *Dump) funcRecord(id model.FuncID) *model.Func      { return nil }
func (d *Dump) funcIDs() []model.FuncID                     { return nil }
func (d *Dump) locRecord(id model.LocID) *model.Loc         { return nil }
func (d *Dump) stackTable(id model.StackID) *stackTable     { return nil }
func (d *Dump) goOrder() []int32                            { return nil }
func (d *Dump) goByID(id model.GoID) (int32, bool)          { return 0, false }
func (d *Dump) goHead(row int32) *goHead                    { return nil }
func (d *Dump) goRecord(row int32) *model.Goroutine         { return nil }
func (d *Dump) globalVars() []*model.Var                    { return nil }
func (d *Dump) absent() mock.Reason                         { return mock.Unknown }
