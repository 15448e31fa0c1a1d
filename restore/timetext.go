package restore

import (
	"fmt"
	"time"

	"github.com/gopostmortem/postmortem/dump"
)

// The layout of time.Time, which has been the same since Go 1.9.
const (
	wallMonotonic  = 1 << 63     // wall has a flag, 33 bits of seconds and 30 of nanoseconds
	wallNsecShift  = 30          // bits of nanoseconds
	wallEpochUnix  = -2682288000 // the seconds count from the year 1885
	maxAdd         = time.Duration(1<<63-1) / time.Second * time.Second
	maxAddSeconds  = int64(maxAdd / time.Second)
	maxYearSeconds = maxAddSeconds * 1000 // beyond this a time is not shown
)

// timeText renders a time.Time as Delve does, in its own location where the
// viewer's machine knows that; "" where the parts are not there.
func timeText(v dump.Value) string {
	wallField, _ := v.FieldByName("wall")
	extField, _ := v.FieldByName("ext")
	wall, ok1 := wallField.Uint()
	ext, ok2 := extField.Int()
	if !ok1 || !ok2 {
		return ""
	}
	loc := timeLocation(v)
	if wall&wallMonotonic != 0 {
		sec := int64(wall << 1 >> (wallNsecShift + 1))
		t := time.Unix(sec+wallEpochUnix, 0).In(loc)
		return fmt.Sprintf("%s, %+d", t.Format(time.RFC3339), ext)
	}
	if ext > maxYearSeconds {
		return ""
	}
	var t time.Time
	for ; ext > maxAddSeconds; ext -= maxAddSeconds {
		t = t.Add(maxAdd)
	}
	return t.Add(time.Duration(ext) * time.Second).In(loc).Format(time.RFC3339)
}

func timeLocation(v dump.Value) *time.Location {
	field, _ := v.FieldByName("loc")
	if field.IsNil() {
		return time.UTC
	}
	nameField, _ := field.Elem().FieldByName("name")
	name, _, ok := nameField.Text(64)
	if !ok {
		return time.UTC
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}
