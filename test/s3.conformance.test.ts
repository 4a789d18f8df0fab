import { describeS3 } from "./support/s3-conformance.ts";
import { startS3Server } from "./support/s3-server.ts";

describeS3("the server of these tests", startS3Server, {
  conditionsOnVersioned: true,
  quotedIfMatch: true,
  verifiesSha256: true,
  conditionsOnMultipart: true,
  refusesOwnBucket: true,
  lockNeedsChecksum: true,
});

// Imitating a lesser server: what Ceph does, without Ceph.
describeS3("the server of these tests as Ceph", () => startS3Server({ ignoreConditionsOnVersioned: true }), {
  conditionsOnVersioned: false,
  quotedIfMatch: true,
  verifiesSha256: true,
  conditionsOnMultipart: true,
  refusesOwnBucket: true,
  lockNeedsChecksum: true,
});
