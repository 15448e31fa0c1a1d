package capture

import (
	"errors"
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/pace"
	"github.com/gopostmortem/postmortem/internal/wire"
	"github.com/gopostmortem/postmortem/mock"
)

// funcTable numbers the functions that a dump mentions.
type funcTable struct {
	c     *run
	id    map[string]model.FuncID
	names []string // by number, from 1 on
	atPC  map[uint64]model.FuncID
}

func newFuncTable(c *run) *funcTable {
	return &funcTable{c: c, id: map[string]model.FuncID{}, atPC: map[uint64]model.FuncID{}}
}

// get gives the number of a function, and records it the first time.
func (t *funcTable) get(f *model.Func) model.FuncID {
	key := f.Name + "\x00" + f.File
	if id, ok := t.id[key]; ok {
		return id
	}
	f.ID = model.FuncID(len(t.id) + 1)
	f.StartLine = max(0, f.StartLine) // a record that breaks a rule would be left out
	t.names = append(t.names, f.Name)
	f.Package = image.PackageOf(f.Name)
	f.Flags |= t.c.class(f.Package)
	t.id[key] = f.ID
	t.c.add(f)
	return f.ID
}

// name gives the name of a function that has been recorded.
func (t *funcTable) name(id model.FuncID) string {
	if id == 0 || int(id) > len(t.names) {
		return ""
	}
	return t.names[id-1]
}

// at gives the function that covers pc, 0 if none does.
func (t *funcTable) at(pc uint64) model.FuncID {
	id, ok := t.atPC[pc]
	if ok {
		return id
	}
	if fn, found := t.c.e.img.Find(pc); found {
		id = t.get(t.physical(fn, fn.Name()))
	}
	t.atPC[pc] = id
	return id
}

func (t *funcTable) physical(fn image.Function, name string) *model.Func {
	f := &model.Func{Name: name, File: fn.File(), StartLine: int64(fn.StartLine), Entry: fn.Entry}
	if fn.ID() == image.IDWrapper {
		f.Flags |= model.FuncWrapper
	}
	return f
}

// class tells the program's own packages from dependencies and the standard library.
func (c *run) class(pkg string) uint64 {
	switch {
	case pkg == "runtime" || strings.HasPrefix(pkg, "runtime/internal/") || strings.HasPrefix(pkg, "internal/runtime/"):
		return model.FuncRuntime | model.FuncStd
	case pkg == "main" || c.main != "" && (pkg == c.main || strings.HasPrefix(pkg, c.main+"/")):
		return model.FuncUser
	case pkg == "" || !strings.Contains(strings.SplitN(pkg, "/", 2)[0], ".") && !c.isDependency(pkg):
		return model.FuncStd
	}
	return 0
}

// isDependency reports whether one of the program's modules holds the package.
func (c *run) isDependency(pkg string) bool {
	for i := range c.r.Meta.Modules {
		rest, ok := strings.CutPrefix(pkg, c.r.Meta.Modules[i].Path)
		if ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}

// mainModule is the path of the module that holds package main.
func mainModule(m *model.Meta) string {
	for _, mod := range m.Modules {
		if mod.Path == m.MainPath || strings.HasPrefix(m.MainPath, mod.Path+"/") {
			return mod.Path
		}
	}
	if m.MainPath == "command-line-arguments" {
		return ""
	}
	return m.MainPath
}

// add writes a record, or holds it back until meta and cause are written. One
// that the format does not take is lost; the first other error is kept for the next step that can pass it on.
func (c *run) add(rec any) {
	pace.Turn()
	if !c.started {
		c.early = append(c.early, rec)
		return
	}
	err := c.w.Add(rec)
	switch {
	case err == nil || c.err != nil:
	case errors.Is(err, wire.ErrMalformed) || errors.Is(err, wire.ErrLimit): // concerns this record alone
		c.lose("records", mock.Corrupt, 1, err.Error())
	default:
		c.err = err
	}
}

// start writes meta and cause, which come first in a dump, and what was held back for them.
func (c *run) start() error {
	c.started = true
	c.add(c.r.Meta)
	c.add(c.r.Cause)
	for _, rec := range c.early {
		c.add(rec)
	}
	c.early = nil
	return c.err
}
