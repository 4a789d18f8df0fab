import { z } from "zod";

// First of all: the library that checks shapes would otherwise try to write code of its own, which this page's policy forbids.
z.config({ jitless: true });
