// Signs in, queries page by page, describes and runs a bulk query with jsforce, and prints what it saw as JSON.
import jsforce from "jsforce";

const { INSTANCE_URL, CLIENT_ID, CLIENT_SECRET, SOQL } = process.env;
const connection = new jsforce.Connection({
  instanceUrl: INSTANCE_URL,
  version: "67.0",
  oauth2: { loginUrl: INSTANCE_URL, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
});
await connection.authorize({ grant_type: "client_credentials" });

const records = await connection.query(SOQL, { autoFetch: true, maxFetch: 1_000_000 });
const described = await connection.sobject("User").describe();
const everything = await connection.describeGlobal();
const identity = await connection.identity();
const limits = await connection.limits();
const bulkRows = await (await connection.bulk2.query(SOQL, { pollInterval: 100 })).toArray();
const refusal = await connection.query("SELECT Nope FROM User").catch((error) => error.errorCode);

console.log(
  JSON.stringify({
    ids: records.records.map((record) => record.Id),
    totalSize: records.totalSize,
    userFields: described.fields.map((field) => field.name),
    objects: everything.sobjects.map((sobject) => sobject.name),
    username: identity.username,
    dailyCalls: limits.DailyApiRequests,
    apiUsage: connection.limitInfo.apiUsage,
    bulkIds: bulkRows.map((record) => record.Id),
    refusal,
  }),
);
