package operate_test

import (
	"strings"
	"testing"
)

func TestImportBoundsARecord(t *testing.T) {
	t.Parallel()
	const header = "id,first_name,primary_email_address\nuser_1,Ada,ada@example.com\n"
	for name, c := range map[string]struct{ input, words string }{
		"one line":   {header + "user_2," + strings.Repeat("x", 17<<20) + ",\n", "line 3 is longer than 16 MiB"},
		"the header": {strings.Repeat("id,", 6<<20), "line 1 is longer than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.stdin = c.input
			d.fails(c.words, "import", "-")
		})
	}
}

func TestImportTakesManyRecordsAndOneOfManyLines(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.stdin = "\ufeffid,first_name,primary_email_address\n" +
		"user_1,\"A\nd\n\"\"a\",ada@example.com\n" + strings.Repeat("user_1,"+strings.Repeat(" ", 1<<20)+",\n", 20)
	if r := d.run("import", "-"); !strings.Contains(r.out, "user taken: 1\n") || r.failure != nil && strings.Contains(r.failure.Error(), "MiB") {
		t.Errorf("import: %v\n%s", r.failure, r.out)
	}
}
