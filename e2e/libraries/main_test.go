package libraries

import (
	"os"
	"testing"

	"github.com/usherauth/usher/e2e/internal/drive"
)

func TestMain(m *testing.M) {
	os.Exit(drive.Main(m))
}
