// The same work a request as the site: server-rendered, no compression (neither compresses here), no telemetry.
export default { compress: false, poweredByHeader: false, devIndicators: false };
