package capture

import (
	"sort"

	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/mock"
	"github.com/gopostmortem/postmortem/source"
)

// userFiles notes the files of the frames that are not the standard library's.
func (c *run) userFiles(sh *stackShape) {
	for _, l := range sh.frames {
		for i, name := range l.files {
			if c.class(packageOf(l.plan.Frames[i].Name))&model.FuncStd == 0 {
				c.files[name] = true
			}
		}
		l.files = nil
	}
}

// sources embeds the noted files.
func (c *run) sources() error {
	if c.r.Source == nil || len(c.files) == 0 {
		return c.w.Flush()
	}
	paths := make([]string, 0, len(c.files))
	for name := range c.files {
		paths = append(paths, name)
	}
	sort.Strings(paths)
	var texts []*model.SourceText
	for f := range c.r.Source.Files(c.ctx, paths) {
		rec := &model.SourceFile{Path: f.Path, Found: f.Found, Size: f.Size, Reason: f.Reason, State: sourceStates[f.State]}
		if f.HasText() {
			rec.Hash = f.Hash[:]
			if f.Text != nil {
				texts = append(texts, &model.SourceText{Hash: f.Hash[:], Text: f.Text})
			}
		} else if f.State == source.Absent {
			c.lose("source", mock.Unreadable, 1, f.Path+": "+f.Reason)
		}
		c.add(rec)
	}
	for _, t := range texts {
		c.add(t)
	}
	if err := c.w.Flush(); err != nil {
		return err
	}
	return c.err
}

var sourceStates = map[source.State]model.SourceState{
	source.Absent: model.SourceAbsent, source.Embedded: model.SourceEmbedded,
	source.Disabled: model.SourceDisabled, source.Stale: model.SourceStale,
}
