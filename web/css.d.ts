/* SPDX-License-Identifier: MIT */
/* Stylesheets are imported for esbuild to bundle; to TypeScript they are empty modules. */
declare module '*.css';
